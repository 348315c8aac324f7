import { App, Stack } from 'aws-cdk-lib';
import { Key } from 'aws-cdk-lib/aws-kms';
import { measure, print, round } from './measure';
import { SymmetricDataKey } from '../src';

/**
 * What the exact key policy costs at synthesis: 100 of our keys against 100 plain ones with an alias, in one process, in turns.
 *
 * Run `CDK_VALIDATION=false npx tsx bench/synth.ts`: aws-cdk-lib's own validation of the templates takes longer than all the rest.
 */

const KEYS = 100;
/** What issue and README promise. */
const LIMIT = 1.5;

function synthesize(define: (stack: Stack, id: string) => void): void {
  const app = new App({ analyticsReporting: false });
  const stack = new Stack(app, 'Keys');
  for (let n = 0; n < KEYS; n++) define(stack, `Key${n}`);
  app.synth();
}

async function main(): Promise<void> {
  const times = await measure([
    { name: 'kms.Key', run: () => synthesize((stack, id) => new Key(stack, id, { alias: id, enableKeyRotation: true })) },
    { name: 'SymmetricDataKey', run: () => synthesize((stack, id) => new SymmetricDataKey(stack, id, { alias: id })) },
    {
      name: 'SymmetricDataKey with context',
      run: () => synthesize((stack, id) => new SymmetricDataKey(stack, id, { alias: id, encryptionContext: { Project: 'Orders' }, contextKeys: ['tenant'] })),
    },
  ], { rounds: 9, roundMs: 200 });
  const rows = Object.entries(times).map(([name, us]) => ({ construct: name, ms: round(us / 1000, 1), ratio: round(us / times['kms.Key']) }));
  print(`Synthesis of ${KEYS} keys`, rows, { limit: LIMIT, withinLimit: rows.every((row) => row.ratio <= LIMIT) });
}

void main();
