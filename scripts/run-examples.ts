/** Runs every program that the README shows: each must end by itself, with status 0. */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

const FOLDER = 'examples/readme';
const environment = { ...process.env, CDK_VALIDATION: 'false', NODE_NO_WARNINGS: '1', AWS_EC2_METADATA_DISABLED: 'true' };

for (const name of readdirSync(FOLDER).sort()) {
  const { status, stderr, signal } = spawnSync('tsx', ['--tsconfig', 'examples/tsconfig.json', join(FOLDER, name)], {
    env: environment, encoding: 'utf8', timeout: 120_000,
  });
  if (status === 0) {
    console.log(`ok  ${FOLDER}/${name}`);
  } else {
    console.error(`${FOLDER}/${name} ended with ${signal ?? `status ${status}`}:\n${stderr}`);
    process.exitCode = 1;
  }
}
