import { chromium, type Browser } from 'playwright-core';

import { debianProgram } from './debianProgram';

/** Playwright's own 30 seconds may be too few for a first start on a busy machine. */
const START_MS = 5 * 60_000;

const OPTIONS = [
	// Chromium does not run as root with its sandbox; all that it gets to see here is our own n8n.
	'--no-sandbox',
	'--disable-gpu',
	'--disable-quic',
	'--no-first-run',
	'--disable-background-networking',
	'--disable-component-update',
	'--disable-sync',
	// The tests depend on no other machine. Aborting requests instead would cost the browser's cache.
	'--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1',
];

/**
 * Starts a Chromium without a window, which reaches this machine alone.
 *
 * @throws Error that says how to install it
 */
export async function startChromium(): Promise<Browser> {
	const executablePath = debianProgram('chromium', 'chromium');
	return await chromium.launch({ executablePath, args: OPTIONS, timeout: START_MS });
}
