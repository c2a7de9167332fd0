import type { CredentialToImport } from '../realN8n';
import type { SftpServer } from './sftpServer';

/** Not 'localhost', because n8n 2.41.1 tries only its first address. */
const HOST = '127.0.0.1';

interface MailServer {
	user: string;
	password: string;
	port: number;
}

export const imapCredential = ({ user, password, port }: MailServer): CredentialToImport =>
	credential('imap', { host: HOST, secure: false, user, password, port });

export const smtpCredential = ({ user, password, port }: MailServer): CredentialToImport =>
	credential('smtp', { host: HOST, secure: false, user, password, port, disableStartTls: true });

/** For the FTP node, or for the SSH node. */
export const sshCredential = (
	type: 'sftp' | 'sshPrivateKey',
	{ user: username, privateKey, port }: Pick<SftpServer, 'user' | 'privateKey' | 'port'>,
): CredentialToImport => credential(type, { host: HOST, username, port, privateKey });

/** The credential of a type that the workflows in testWorkflows refer to. */
export const credential = (type: string, data: CredentialToImport['data']): CredentialToImport => ({
	id: `local-${type}`,
	name: `Local ${type}`,
	type,
	data,
});
