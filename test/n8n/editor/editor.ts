import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import {
	selectors,
	type Browser,
	type BrowserContext,
	type Locator,
	type Page,
} from 'playwright-core';

import { OWNER } from '../ownerSession';
import { startChromium } from '../services/chromium';

const PROJECT = join(__dirname, '..', '..', '..');
const SCREENSHOTS = join(__dirname, '..', '.cache', 'screenshots');
/** What the README shows. */
const IMAGES = join(PROJECT, 'docs', 'images');

/** How long a slow machine may take for any one thing that a user would wait for. */
const PATIENCE_MS = 30_000;

/** Enough for all that stands above a node's input and output, and for all of its parameters. */
const VIEWPORT = { width: 1380, height: 1400 };

/** Below what a picture is about. */
const MARGIN_PX = 10;
/** Around a workflow: below a node on the canvas stand its name and subtitle. */
const LABEL_PX = 60;

/** In pictures: notices that pass, and the canvas's dots, of which each costs bytes. */
const HIDDEN = '.el-notification, [data-test-id="canvas-background"] { visibility: hidden }';

/** A file as a file chooser takes it: a path, or its content. */
export type ChosenFile = string | { name: string; mimeType: string; buffer: Buffer };

/** n8n's editor in a Chromium without a window, used the way that its owner uses it. */
export class Editor {
	private currentPage: Page | undefined;
	private complaints: string[] = [];

	private constructor(
		private readonly url: string,
		private readonly browser: Browser,
		private readonly context: BrowserContext,
	) {}

	/**
	 * Starts Chromium and signs in.
	 *
	 * @param url of an n8n that has its owner
	 * @throws Error that says how to install Chromium
	 */
	static async open(url: string): Promise<Editor> {
		selectors.setTestIdAttribute('data-test-id');
		const browser = await startChromium();
		try {
			const context = await browser.newContext({
				viewport: VIEWPORT,
				colorScheme: 'light',
				locale: 'en-US',
			});
			context.setDefaultTimeout(PATIENCE_MS);
			await rm(SCREENSHOTS, { recursive: true, force: true });
			await mkdir(SCREENSHOTS, { recursive: true });
			const editor = new Editor(url, browser, context);
			await editor.keepingFailure('sign-in', async () => await editor.signIn());
			return editor;
		} catch (error) {
			await browser.close();
			throw error;
		}
	}

	get page(): Page {
		if (!this.currentPage) throw new Error('No page is open.');
		return this.currentPage;
	}

	/** What the page's console has called an error, and what its scripts have thrown. */
	get errors(): string[] {
		return [...this.complaints];
	}

	async close(): Promise<void> {
		await this.browser.close();
	}

	/** Leaves whatever is open for an empty page. */
	async openPage(): Promise<void> {
		await this.currentPage?.close();
		const page = await this.context.newPage();
		this.currentPage = page;
		this.complaints = [];
		page.on('console', (message) => {
			// A picture in a note may be on another host.
			const { url } = message.location();
			const foreign = url !== '' && !url.startsWith(this.url);
			if (message.type() === 'error' && !foreign) this.complaints.push(message.text());
		});
		page.on('pageerror', (error) => this.complaints.push(String(error)));
	}

	/** 'Create credential', and the choice of its type. */
	async openNewCredential(typeName: string): Promise<void> {
		const { page } = this;
		await page.goto(`${this.url}/home/credentials`);
		await page.getByTestId('add-resource-credential').click();
		await page.getByTestId('new-credential-type-select').locator('input').fill(typeName);
		await page.getByRole('option', { name: typeName, exact: true }).click();
		await page.getByTestId('new-credential-type-button').click();
		await this.credential.waitFor();
	}

	get credential(): Locator {
		return this.page.getByTestId('editCredential-modal').first();
	}

	/** Saves the credential that is open, whereupon n8n tests it. */
	async saveCredential(): Promise<void> {
		await this.credential.getByTestId('credential-save-button').getByRole('button').click();
	}

	/** A new workflow with all that a file has: '⋯' → Import → From file. */
	async importWorkflow(file: ChosenFile): Promise<void> {
		const { page } = this;
		await page.goto(`${this.url}/workflow/new`);
		await page.getByTestId('workflow-menu').click();
		await page.getByTestId('workflow-menu-item-import').hover();
		const chooser = page.waitForEvent('filechooser');
		await page.getByTestId('workflow-menu-item-import-from-file').click();
		await (await chooser).setFiles(file);
		await this.nodes.first().waitFor();
	}

	/** The nodes on the canvas; sticky notes are none. */
	get nodes(): Locator {
		return this.page.getByTestId('canvas-node');
	}

	/** Of each node on the canvas, by its name: its type, and whether n8n knows it. */
	async nodeTypes(): Promise<Record<string, { type: string | null; known: boolean }>> {
		const nodes = await this.nodes.all();
		const types = nodes.map(async (node) => {
			const type = await node.getAttribute('data-node-type');
			// A type that n8n does not know has a question mark where others have their icon.
			const icons = await node.locator('.n8n-node-icon').locator('img, svg').count();
			return [await node.getAttribute('data-node-name'), { type, known: icons > 0 }];
		});
		return Object.fromEntries(await Promise.all(types));
	}

	/** What leads from node to node on the canvas. */
	get connections(): Locator {
		return this.page.getByTestId('edge');
	}

	/** The sticky notes on the canvas. */
	get notes(): Locator {
		return this.page.getByTestId('sticky');
	}

	node(name: string): Locator {
		return this.page.locator(`[data-test-id="canvas-node"][data-node-name="${name}"]`);
	}

	/** Opens the nodes panel at the '+' of the workflow's last node, and searches there. */
	async searchNodes(text: string): Promise<Locator> {
		const { page } = this;
		await page.getByTestId('canvas-handle-plus').last().click();
		await page.getByTestId('node-creator-search-bar').fill(text);
		return page.getByTestId('node-creator');
	}

	/** Adds a node from the nodes panel: what is found, then one of its actions. */
	async addNode(search: string, found: string, action: string): Promise<void> {
		const panel = await this.searchNodes(search);
		for (const name of [found, action]) {
			await panel.getByTestId('node-creator-item-name').getByText(name, { exact: true }).click();
		}
		await this.view.waitFor();
	}

	/** The view of the node that is open. */
	get view(): Locator {
		return this.page.getByTestId('ndv');
	}

	get output(): Locator {
		return this.view.getByTestId('output-panel');
	}

	/** All parameters of the node that is open, and its credential. */
	get parameters(): Locator {
		return this.view.getByTestId('node-parameters');
	}

	/** A parameter with its label and hint, by its internal name. */
	parameter(name: string): Locator {
		return this.view.getByTestId('parameter-item').filter({ has: this.field(name) });
	}

	/** Where the value of a parameter, or of a credential's field, is entered; by its internal name. */
	field(name: string): Locator {
		return this.page.getByTestId(`parameter-input-${name}`);
	}

	async chooseCredential(name: string): Promise<void> {
		await this.view.getByTestId('node-credentials-select').click();
		const label = this.page.getByText(name, { exact: true });
		await this.page.getByRole('option').filter({ has: label }).click();
	}

	/** @param option the option's label */
	async chooseOption(field: string, option: string): Promise<void> {
		await this.field(field).click();
		await this.page.getByRole('option', { name: option }).click();
	}

	async fill(field: string, text: string): Promise<void> {
		await this.field(field).locator('input').fill(text);
	}

	/** Opens the 'From list' of a parameter. */
	async openList(parameter: string): Promise<List> {
		await this.field(parameter).getByTestId('rlc-input').click();
		const entries = this.page.getByTestId('rlc-item');
		await entries.first().waitFor();
		return { entries, search: this.page.getByTestId('rlc-search') };
	}

	/** 'Execute step' of the node that is open, to the end of the run. */
	async executeStep(): Promise<'success' | 'danger'> {
		await this.view.getByTestId('node-execute-button').click();
		const [success, danger] = (['success', 'danger'] as const).map((state) =>
			this.output.getByTestId(`node-run-status-${state}`),
		) as [Locator, Locator];
		await success.or(danger).waitFor();
		return (await success.isVisible()) ? 'success' : 'danger';
	}

	/** The fields of the only output item, as the 'Schema' shows them. */
	async outputValues(): Promise<Record<string, string>> {
		await this.output.getByRole('radio', { name: 'Schema' }).click();
		const fields = this.output.getByTestId('run-data-schema-item');
		await fields.first().waitFor();
		const [names, values] = await Promise.all([
			fields.getByTestId('run-data-schema-node-name').allInnerTexts(),
			fields.getByTestId('run-data-schema-item-value').allInnerTexts(),
		]);
		return Object.fromEntries(names.map((name, index) => [name, values[index] ?? '']));
	}

	/**
	 * Takes a picture of a part of the page, as far down as its last part that matters.
	 *
	 * @param name of the file, without its extension
	 * @param margin below, in CSS pixels
	 */
	async takePicture(name: string, part: Locator, last: Locator, margin = MARGIN_PX) {
		const { x, y, width } = await boxOf(part);
		const end = await boxOf(last);
		await this.savePicture(name, { x, y, width, height: end.y + end.height + margin - y });
	}

	/** A picture of all nodes and notes of the workflow. */
	async takePictureOfCanvas(name: string): Promise<void> {
		await this.page.getByTestId('canvas-wrapper').click({ position: { x: 8, y: 8 } });
		await this.page.getByTestId('zoom-to-fit').click();
		// Not before the canvas has come to rest.
		await this.nodes.last().hover({ trial: true });
		const all = [...(await this.nodes.all()), ...(await this.notes.all())];
		await this.savePicture(name, around(await Promise.all(all.map(boxOf))));
	}

	/** Does something, and where that fails keeps a picture of the page and names it in the error. */
	async keepingFailure(name: string, steps: () => Promise<void>): Promise<void> {
		try {
			await steps();
		} catch (error) {
			const path = join(SCREENSHOTS, `failed-${name.replace(/[^\w.-]+/g, '-')}.png`);
			const picture = await this.page.screenshot({ path }).then(
				() => path,
				() => 'there is no picture of it',
			);
			const message = error instanceof Error ? error.message : String(error);
			throw new Error(`${message}\n\nThe page at that moment: ${picture}`, { cause: error });
		}
	}

	/** Into `.cache/screenshots`, and with WRITE_SCREENSHOTS=1 also into `docs/images`. */
	private async savePicture(name: string, clip: Box): Promise<void> {
		// Nothing looks as it does under the mouse.
		await this.page.mouse.move(0, 0);
		const image = await this.page.screenshot({
			clip,
			animations: 'disabled',
			style: HIDDEN,
		});
		await writeFile(join(SCREENSHOTS, `${name}.png`), image);
		if (process.env.WRITE_SCREENSHOTS) {
			await mkdir(IMAGES, { recursive: true });
			await writeFile(join(IMAGES, `${name}.png`), image);
		}
	}

	private async signIn(): Promise<void> {
		await this.openPage();
		const { page } = this;
		await page.goto(`${this.url}/signin`);
		await page.getByTestId('emailOrLdapLoginId').locator('input').fill(OWNER.email);
		await page.getByTestId('password').locator('input').fill(OWNER.password);
		await page.getByTestId('form-submit-button').click();
		await page.waitForURL((url) => !url.pathname.includes('signin'));
	}
}

/** An open 'From list'. */
export interface List {
	entries: Locator;
	search: Locator;
}

/** CSS pixels. */
interface Box {
	x: number;
	y: number;
	width: number;
	height: number;
}

async function boxOf(locator: Locator): Promise<Box> {
	const box = await locator.boundingBox();
	if (!box) throw new Error(`There is nothing to see of ${String(locator)}.`);
	return box;
}

/** What all boxes take up, with the labels below the last. */
function around(boxes: Box[]): Box {
	const x = Math.min(...boxes.map((box) => box.x)) - LABEL_PX;
	const y = Math.min(...boxes.map((box) => box.y)) - LABEL_PX;
	const right = Math.max(...boxes.map((box) => box.x + box.width)) + LABEL_PX;
	const bottom = Math.max(...boxes.map((box) => box.y + box.height)) + LABEL_PX;
	return { x, y, width: right - x, height: bottom - y };
}
