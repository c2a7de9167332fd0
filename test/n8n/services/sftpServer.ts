import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';

import { run } from '../commands';
import { freePorts } from '../ports';
import { debianProgram } from './debianProgram';
import { startLocalServer } from './localServer';

/** An SFTP server for this machine's files, and the user and key to log in with. */
export interface SftpServer {
	port: number;
	user: string;
	/** In OpenSSH's format, without a passphrase. */
	privateKey: string;
	stop(): Promise<void>;
}

/** The folder that OpenSSH's server needs for privilege separation when it is started as root. */
const PRIVILEGE_SEPARATION = '/run/sshd';

/**
 * Starts OpenSSH's server on the loopback address, only for SFTP and for the user who runs this.
 *
 * @param folder a new folder for its keys and its log
 */
export async function startSftpServer(folder: string): Promise<SftpServer> {
	return await startSshd(folder, 'ForceCommand internal-sftp');
}

/**
 * The same, but it also runs commands.
 *
 * @param programs the folders in which commands find programs, as in PATH
 */
export async function startSshServer(folder: string, programs: string): Promise<SftpServer> {
	return await startSshd(folder, `SetEnv PATH=${programs}`);
}

async function startSshd(folder: string, setting: string): Promise<SftpServer> {
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
# By default, sshd refuses connections at random when ten are not logged in yet.
MaxStartups 1000
PasswordAuthentication no
Subsystem sftp internal-sftp
${setting}
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
