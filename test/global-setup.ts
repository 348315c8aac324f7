import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Each CDK app that a test makes leaves an assembly in the folder for temporary files: a run has one of its own. */
export default function setUp(): void {
  process.env.TMPDIR = mkdtempSync(join(tmpdir(), 'keysmith-tests-'));
}
