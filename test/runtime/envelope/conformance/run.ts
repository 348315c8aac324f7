import { readFileSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { commitmentAnswers, decryptManifest, isCommitmentAnswers, isDecryptManifest, isMessageVectors, messagesWithDataKeys } from './messages';
import type { FileReport } from './report';
import { isWycheproof, wycheproof } from './wycheproof';

/** Tries every file of vectors below a directory. Files of other kinds are passed over. */
export async function runVectors(directory: string): Promise<FileReport[]> {
  const reports: FileReport[] = [];
  const files = readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.json')).sort();
  for (const name of files) {
    const path = join(directory, name);
    const report = await runFile(relative(directory, path), path);
    if (report) reports.push(report);
  }
  return reports;
}

async function runFile(file: string, path: string): Promise<FileReport | undefined> {
  const content: unknown = JSON.parse(readFileSync(path, 'utf8'));
  if (isWycheproof(content)) return wycheproof(file, content);
  if (isMessageVectors(content)) return messagesWithDataKeys(file, content);
  if (isDecryptManifest(content)) return decryptManifest(file, path, content);
  if (isCommitmentAnswers(content)) return commitmentAnswers(file, content);
  return undefined;
}
