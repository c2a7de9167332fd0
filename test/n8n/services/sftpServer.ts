import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';

import { run } from '../commands';
import { freePorts } from '../ports';
import { debianProgram } from './debianProgram';
import { startLocalServer } from './localServer';

/** A server that gives its user this machine's files by SFTP, and the key for it. */
export interface SftpServer {
	port: number;
	user: string;
	/** OpenSSH's format, without a passphrase. */
	privateKey: string;
	stop(): Promise<void>;
}

/** Where OpenSSH's server goes for its work with strangers, when it is started as root. */
const PRIVILEGE_SEPARATION = '/run/sshd';

/**
 * Starts OpenSSH's server on the loopback address, for SFTP alone, and for the user who runs this.
 *
 * @param folder a new one, for its keys and its log
 */
export async function startSftpServer(folder: string): Promise<SftpServer> {
	const sshd = debianProgram('sshd', 'openssh-server');
	const keygen = debianProgram('ssh-keygen', 'openssh-client');
	const { username, uid } = userInfo();
	const [port = 0] = await freePorts(0);
	await mkdir(folder, { recursive: true });
	if (uid === 0) await mkdir(PRIVILEGE_SEPARATION, { recursive: true });
	for (const key of ['host', 'user']) {
		await run(keygen, ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, key)]);
	}
	const config = join(folder, 'sshd.conf');
	await writeFile(
		config,
		`Port ${port}
ListenAddress 127.0.0.1
HostKey ${join(folder, 'host')}
AuthorizedKeysFile ${join(folder, 'user.pub')}
PidFile none
StrictModes no
UsePAM no
# By default it turns connections away at random when ten are not logged in yet.
MaxStartups 1000
PasswordAuthentication no
Subsystem sftp internal-sftp
ForceCommand internal-sftp
`,
	);
	const logFile = join(folder, 'sshd.log');
	const service = await startLocalServer(sshd, ['-D', '-e', '-f', config], { port, logFile });
	return {
		port,
		user: username,
		privateKey: await readFile(join(folder, 'user'), 'utf8'),
		stop: async () => await service.stop(),
	};
}
