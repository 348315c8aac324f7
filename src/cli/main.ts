import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { consoleOf } from './console';
import { run } from './run';

/** The program: what is bundled into `lib/cli/keysmith.js`. */
async function main(): Promise<void> {
  // Whoever reads the output may have seen enough: `keysmith check … | head`.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit();
  });
  const { version } = JSON.parse(readFileSync(join(__dirname, '../../package.json'), 'utf8')) as { version: string };
  process.exitCode = await run(process.argv.slice(2), consoleOf(process), version);
}

void main();
