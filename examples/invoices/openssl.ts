import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What a customer does with a response: `openssl dgst -sha256 -verify`, with the published key and nothing from this project. */
export function verifiesWithOpenssl(publicKeyPem: string, body: string | Uint8Array, signature: Uint8Array): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'invoices-verify-'));
  const file = (name: string, content: string | Uint8Array): string => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  };
  try {
    const words = ['dgst', '-sha256', '-verify', file('key.pem', publicKeyPem), '-signature', file('signature', signature), file('body', body)];
    return execFileSync('openssl', words, { stdio: ['ignore', 'pipe', 'pipe'] }).toString().trim() === 'Verified OK';
  } catch (error) {
    // openssl ends with 1 where the signature is wrong; anything else is a fault of the call.
    if ((error as { status?: number }).status === 1) return false;
    throw error;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
