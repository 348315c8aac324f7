import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { print } from './measure';
import { runVectors } from '../test/runtime/envelope/conformance/run';

/**
 * Tries test vectors by others: files of project Wycheproof, decrypt manifests of the AWS Encryption SDKs with raw keys,
 * and messages with plaintext data keys. Ends with 1 when any fails, and with 2 when the directory cannot be read.
 * `npx tsx bench/envelope-conformance.ts <directory> [--json]`
 */
async function main(): Promise<void> {
  const directory = process.argv.slice(2).find((argument) => !argument.startsWith('--'));
  if (!directory || !statSync(directory, { throwIfNoEntry: false })?.isDirectory()) {
    console.error(`${directory ? `'${directory}' is no directory` : 'no directory is named'}: npx tsx bench/envelope-conformance.ts <directory> [--json]`);
    process.exitCode = 2;
    return;
  }
  const reports = await runVectors(resolve(directory));
  print('Test vectors', reports.map(({ file, passed, failed, skipped }) => ({
    file, passed, failed: failed.length, skipped: Object.entries(skipped).map(([why, count]) => `${count} (${why})`).join(', '),
  })), Object.fromEntries(reports.flatMap(({ file, failed }) => failed.slice(0, 5).map(({ id, why }) => [`${file} ${id}`, why]))));
  if (reports.some(({ failed }) => failed.length > 0)) process.exitCode = 1;
}

void main();
