import { createHash } from 'node:crypto';

import { randomPdf } from '../../files/contents';

/** The content of one webhook request: one or several files of one charge capture. */
export interface Delivery {
	chargeCapture: string;
	files: DeliveredFile[];
}

export interface DeliveredFile {
	fileName: string;
	bytes: Buffer;
	/** Lower-case hexadecimal. */
	sha256: string;
}

const CHARGE_CAPTURES = 100;

/**
 * Deliveries with one, two and three files in turn, for 100 charge captures in turn. Every file has its
 * own name and content of 1 to 40 KB.
 *
 * @param name the beginning of the charge captures' external IDs and of the file names
 */
export function deliveries(name: string, count: number): Delivery[] {
	return Array.from({ length: count }, (_, index) => {
		const chargeCapture = `${name}-${index % CHARGE_CAPTURES}`;
		const files = Array.from({ length: 1 + (index % 3) }, (__, position) => {
			const fileName = `${name} delivery ${index} file ${position + 1}.pdf`;
			const bytes = randomPdf(1_000 + ((index * 977 + position * 7_919) % 39_000));
			return { fileName, bytes, sha256: createHash('sha256').update(bytes).digest('hex') };
		});
		return { chargeCapture, files };
	});
}

/**
 * Posts deliveries in order, a few at the same time.
 *
 * @throws Error if the webhook refuses one
 */
export async function post(url: string, all: Delivery[], atATime = 8): Promise<void> {
	const queue = all.values();
	const postNext = async () => {
		for (const delivery of queue) await postOne(url, delivery);
	};
	await Promise.all(Array.from({ length: atATime }, postNext));
}

async function postOne(url: string, { chargeCapture, files }: Delivery): Promise<void> {
	const form = new FormData();
	form.append('charge_capture_external_id', chargeCapture);
	files.forEach(({ fileName, bytes }, index) => {
		form.append(`file_${index + 1}`, new Blob([new Uint8Array(bytes)]), fileName);
	});
	const answer = await fetch(url, { method: 'POST', body: form });
	if (!answer.ok) throw new Error(`The webhook answered ${answer.status}: ${await answer.text()}`);
	await answer.body?.cancel();
}
