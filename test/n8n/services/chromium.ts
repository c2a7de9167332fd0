import { chromium, type Browser } from 'playwright-core';

import { debianProgram } from './debianProgram';

/** Playwright's default of 30 seconds may be too short for a first start on a busy machine. */
const START_MS = 5 * 60_000;

const OPTIONS = [
	// As root, Chromium runs only without its sandbox. It loads nothing but the local n8n here.
	'--no-sandbox',
	'--disable-gpu',
	'--disable-quic',
	'--no-first-run',
	'--disable-background-networking',
	'--disable-component-update',
	'--disable-sync',
	// Keeps the tests independent of other machines. Intercepting requests would disable the cache.
	'--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1',
];

/**
 * Starts a headless Chromium that can reach only this machine.
 *
 * @throws Error that says how to install it
 */
export async function startChromium(): Promise<Browser> {
	const executablePath = debianProgram('chromium', 'chromium');
	return await chromium.launch({ executablePath, args: OPTIONS, timeout: START_MS });
}
