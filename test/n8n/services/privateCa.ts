import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { Tls } from '../../candid-api';
import { run } from '../commands';
import { debianProgram } from './debianProgram';

/** A certificate authority that no system trusts on its own, and a certificate that it has issued. */
export interface PrivateCa {
	/** path of the authority's own certificate, for NODE_EXTRA_CA_CERTS */
	file: string;
	/** the certificate for the hosts, with its key */
	tls: Tls;
}

/**
 * @param folder for the files; created if it does not exist
 * @param hosts names of the hosts that the certificate is for
 * @throws Error that says how to install openssl
 */
export async function createPrivateCa(folder: string, hosts: string[]): Promise<PrivateCa> {
	const openssl = debianProgram('openssl', 'openssl');
	await mkdir(folder, { recursive: true });
	const issue = async (name: string, ...args: string[]) =>
		await run(
			openssl,
			[...NEW_CERTIFICATE, '-keyout', `${name}.key`, '-out', `${name}.pem`, ...args],
			{
				cwd: folder,
			},
		);
	await issue('ca', '-subj', '/CN=Private CA of a test');
	const names = hosts.map((host) => `DNS:${host}`).join(',');
	await issue(
		'host',
		...['-CA', 'ca.pem', '-CAkey', 'ca.key', '-subj', `/CN=${hosts[0]}`],
		...['-addext', 'basicConstraints=critical,CA:FALSE', '-addext', `subjectAltName=${names}`],
	);
	const read = async (name: string) => await readFile(join(folder, name), 'utf8');
	return {
		file: join(folder, 'ca.pem'),
		tls: { key: await read('host.key'), cert: await read('host.pem') },
	};
}

const NEW_CERTIFICATE = [
	...['req', '-x509', '-days', '2', '-noenc'],
	...['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'],
];
