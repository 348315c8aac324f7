import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleHandlers } from '../scripts/door';

/** Each CDK app that a test makes leaves an assembly in the folder for temporary files: a run has one of its own. Constructs with handlers find these built. */
export default function setUp(): void {
  process.env.TMPDIR = mkdtempSync(join(tmpdir(), 'keysmith-tests-'));
  bundleHandlers();
}
