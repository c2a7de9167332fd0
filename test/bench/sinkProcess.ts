import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

import type { SinkCounts, SinkMessage, SinkReply, SinkSettings } from './sink';

/** The sink in its own process, which ends with this process. */
export class SinkProcess {
	private constructor(
		private readonly child: ChildProcess,
		readonly url: string,
	) {}

	static async start(): Promise<SinkProcess> {
		const child = fork(join(__dirname, 'sink.ts'));
		const [{ port }] = (await once(child, 'message')) as [{ port: number }];
		return new SinkProcess(child, `http://127.0.0.1:${port}`);
	}

	/** Takes effect immediately and resets all counts. */
	async set(settings: SinkSettings): Promise<void> {
		await this.ask({ settings });
	}

	async counts(): Promise<SinkCounts> {
		const reply = await this.ask({ counts: true });
		if (!('counts' in reply)) throw new Error('The server returned no counts.');
		return reply.counts;
	}

	stop(): void {
		this.child.disconnect();
	}

	private async ask(message: SinkMessage): Promise<SinkReply> {
		const reply = once(this.child, 'message') as Promise<[SinkReply]>;
		this.child.send(message);
		return (await reply)[0];
	}
}
