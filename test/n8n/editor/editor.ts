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
/** The images of the README. */
const IMAGES = join(PROJECT, 'docs', 'images');

/** How long a slow machine may take for a single action. */
const TIMEOUT_MS = 30_000;

/** Large enough for a node's header, its input and output, and all its parameters. */
const VIEWPORT = { width: 1380, height: 1400 };

/** Space below the subject of a screenshot. */
const MARGIN_PX = 10;
/** Space around a workflow, because a node's name and subtitle are below the node. */
const LABEL_PX = 60;

/** n8n asks for a preview of the trigger's output. It has none, because its output depends on its event. */
const NO_PREVIEW = '/schemas/n8n-nodes-candid-health.candidHealthTrigger/';

/** n8n explains pinning beside the first output of a trigger, in front of the output. */
const HIDE_PIN_TOOLTIP = "localStorage.setItem('N8N_PIN_DATA_DISCOVERY_NDV', 'true')";

/** Hidden in screenshots: temporary notifications, and the canvas's dots, which make the files larger. */
const HIDDEN = '.el-notification, [data-test-id="canvas-background"] { visibility: hidden }';

/** A file for a file chooser: its path or its content. */
export type ChosenFile = string | { name: string; mimeType: string; buffer: Buffer };

/** n8n's editor in a headless Chromium, used as the owner uses it. */
export class Editor {
	private currentPage: Page | undefined;
	private errorMessages: string[] = [];

	private constructor(
		private readonly url: string,
		private readonly browser: Browser,
		private readonly context: BrowserContext,
	) {}

	/**
	 * Starts Chromium and signs in.
	 *
	 * @param url URL of an n8n whose owner is set up
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
			context.setDefaultTimeout(TIMEOUT_MS);
			await context.addInitScript({ content: HIDE_PIN_TOOLTIP });
			await rm(SCREENSHOTS, { recursive: true, force: true });
			await mkdir(SCREENSHOTS, { recursive: true });
			const editor = new Editor(url, browser, context);
			await editor.withFailureScreenshot('sign-in', async () => await editor.signIn());
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

	/** Errors in the page's console, and exceptions of its scripts. */
	get errors(): string[] {
		return [...this.errorMessages];
	}

	async close(): Promise<void> {
		await this.browser.close();
	}

	/** Closes the current page and opens an empty one. */
	async openPage(): Promise<void> {
		await this.currentPage?.close();
		const page = await this.context.newPage();
		this.currentPage = page;
		this.errorMessages = [];
		page.on('console', (message) => {
			// Ignores errors from other hosts: the images in notes may be there.
			const { url } = message.location();
			const foreign = url !== '' && !url.startsWith(this.url);
			if (message.type() !== 'error' || foreign || url.includes(NO_PREVIEW)) return;
			this.errorMessages.push(`${message.text()} ${url}`);
		});
		page.on('pageerror', (error) => this.errorMessages.push(String(error)));
	}

	/** Clicks 'Create credential' and selects the type. */
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

	/** Saves the open credential, which makes n8n test it. */
	async saveCredential(): Promise<void> {
		await this.credential.getByTestId('credential-save-button').getByRole('button').click();
	}

	/** Creates an empty workflow. */
	async newWorkflow(): Promise<void> {
		await this.page.goto(`${this.url}/workflow/new`);
	}

	/** Creates a workflow from a file: '⋯' → Import → From file. */
	async importWorkflow(file: ChosenFile): Promise<void> {
		const { page } = this;
		await this.newWorkflow();
		await page.getByTestId('workflow-menu').click();
		await page.getByTestId('workflow-menu-item-import').hover();
		const chooser = page.waitForEvent('filechooser');
		await page.getByTestId('workflow-menu-item-import-from-file').click();
		await (await chooser).setFiles(file);
		await this.nodes.first().waitFor();
	}

	/** Creates a workflow from an address: '⋯' → Import → From URL. Does not wait for its nodes. */
	async importWorkflowFromUrl(url: string): Promise<void> {
		const { page } = this;
		await this.newWorkflow();
		await page.getByTestId('workflow-menu').click();
		await page.getByTestId('workflow-menu-item-import').hover();
		await page.getByTestId('workflow-menu-item-import-from-url').click();
		const dialog = page.getByRole('dialog');
		await dialog.getByRole('textbox').fill(url);
		await dialog.getByRole('button', { name: 'Import' }).click();
	}

	/** The nodes on the canvas, without sticky notes. */
	get nodes(): Locator {
		return this.page.getByTestId('canvas-node');
	}

	/** The type of each node on the canvas by the node's name, and whether n8n knows the type. */
	async nodeTypes(): Promise<Record<string, { type: string | null; known: boolean }>> {
		const nodes = await this.nodes.all();
		const types = nodes.map(async (node) => {
			const type = await node.getAttribute('data-node-type');
			// For an unknown type, n8n shows a question mark instead of an icon.
			const icons = await node.locator('.n8n-node-icon').locator('img, svg').count();
			return [await node.getAttribute('data-node-name'), { type, known: icons > 0 }];
		});
		return Object.fromEntries(await Promise.all(types));
	}

	/** The connections between nodes on the canvas. */
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

	/** Opens the nodes panel with the '+' of the workflow's last node, or of an empty workflow, and searches in it. */
	async searchNodes(text: string): Promise<Locator> {
		const { page } = this;
		const first = page.getByTestId('canvas-plus-button');
		await page.getByTestId('canvas-handle-plus').last().or(first).click();
		await page.getByTestId('node-creator-search-bar').fill(text);
		return page.getByTestId('node-creator');
	}

	/** Adds a node from the nodes panel: selects the search result, then one of its actions. */
	async addNode(search: string, found: string, action: string): Promise<void> {
		const panel = await this.searchNodes(search);
		for (const name of [found, action]) {
			await panel.getByTestId('node-creator-item-name').getByText(name, { exact: true }).click();
		}
		await this.view.waitFor();
	}

	/** The view of the open node. */
	get view(): Locator {
		return this.page.getByTestId('ndv');
	}

	get output(): Locator {
		return this.view.getByTestId('output-panel');
	}

	/** All parameters of the open node, and its credential. */
	get parameters(): Locator {
		return this.view.getByTestId('node-parameters');
	}

	/** A parameter with its label and hint. @param name the parameter's internal name */
	parameter(name: string): Locator {
		return this.view.getByTestId('parameter-item').filter({ has: this.field(name) });
	}

	/** The input of a parameter or of a credential's field. @param name its internal name */
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

	/** Opens a parameter's options and types in the field. @returns the options that are left */
	async filterOptions(field: string, text: string): Promise<Locator> {
		await this.field(field).click();
		const options = this.page.getByRole('option');
		await options.first().waitFor();
		await this.field(field).locator('input').fill(text);
		await options.filter({ hasNotText: new RegExp(text, 'i') }).waitFor({ state: 'detached' });
		return options;
	}

	async fill(field: string, text: string): Promise<void> {
		await this.field(field).locator('input').fill(text);
	}

	/** Opens a parameter's 'From list'. */
	async openList(parameter: string): Promise<List> {
		await this.field(parameter).getByTestId('rlc-input').click();
		const entries = this.page.getByTestId('rlc-item');
		await entries.first().waitFor();
		return { entries, search: this.page.getByTestId('rlc-search') };
	}

	/** Clicks 'Execute step', or 'Fetch Test Event', in the open node and waits for the end of the run. */
	async executeStep(): Promise<'success' | 'danger'> {
		await this.view.getByTestId('node-execute-button').click();
		const [success, danger] = (['success', 'danger'] as const).map((state) =>
			this.output.getByTestId(`node-run-status-${state}`),
		) as [Locator, Locator];
		await success.or(danger).waitFor();
		return (await success.isVisible()) ? 'success' : 'danger';
	}

	/** The fields of the only output item, as shown under 'Schema'. */
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
	 * Takes a screenshot of a part of the page, down to the end of `last`.
	 *
	 * @param name file name without extension
	 * @param margin space below `last`, in CSS pixels
	 * @param left where it begins on the left, if not where the part does
	 */
	async takePicture(
		name: string,
		part: Locator,
		last: Locator,
		{ margin = MARGIN_PX, left = part }: { margin?: number; left?: Locator } = {},
	) {
		const { x: start, y, width } = await boxOf(part);
		const { x } = await boxOf(left);
		const end = await boxOf(last);
		const height = end.y + end.height + margin - y;
		await this.savePicture(name, { x, y, width: start + width - x, height });
	}

	/** Takes a screenshot of all nodes and notes of the workflow. */
	async takePictureOfCanvas(name: string): Promise<void> {
		await this.page.getByTestId('canvas-wrapper').click({ position: { x: 8, y: 8 } });
		await this.page.getByTestId('zoom-to-fit').click();
		// Waits until the canvas has stopped moving.
		await this.nodes.last().hover({ trial: true });
		const all = [...(await this.nodes.all()), ...(await this.notes.all())];
		await this.savePicture(name, around(await Promise.all(all.map(boxOf))));
	}

	/** Runs the steps. If they fail, takes a screenshot of the page and adds its path to the error. */
	async withFailureScreenshot(name: string, steps: () => Promise<void>): Promise<void> {
		try {
			await steps();
		} catch (error) {
			const path = join(SCREENSHOTS, `failed-${name.replace(/[^\w.-]+/g, '-')}.png`);
			const picture = await this.page.screenshot({ path }).then(
				() => path,
				() => 'no screenshot could be taken',
			);
			const message = error instanceof Error ? error.message : String(error);
			throw new Error(`${message}\n\nScreenshot of the page: ${picture}`, { cause: error });
		}
	}

	/** Saves a screenshot in `.cache/screenshots`, and with WRITE_SCREENSHOTS=1 also in `docs/images`. */
	private async savePicture(name: string, clip: Box): Promise<void> {
		// Moves the mouse away, so that nothing is shown as hovered.
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
	if (!box) throw new Error(`${String(locator)} is not visible.`);
	return box;
}

/** The area of all boxes with their labels. */
function around(boxes: Box[]): Box {
	const x = Math.min(...boxes.map((box) => box.x)) - LABEL_PX;
	const y = Math.min(...boxes.map((box) => box.y)) - LABEL_PX;
	const right = Math.max(...boxes.map((box) => box.x + box.width)) + LABEL_PX;
	const bottom = Math.max(...boxes.map((box) => box.y + box.height)) + LABEL_PX;
	return { x, y, width: right - x, height: bottom - y };
}
