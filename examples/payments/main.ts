/**
 * Card numbers in PostgreSQL and in DynamoDB: encrypted, found by a blind index, and moved to another key while the application goes on writing.
 *
 *   npx tsx --tsconfig examples/tsconfig.json examples/payments/main.ts
 *
 * Read payments-stack.ts (keys and roles), cards.ts (what is encrypted), sql-table.ts or dynamodb-table.ts (what a table has to do), move.ts, and
 * play.ts, which does it all and holds it against what must be.
 *
 * PostgreSQL is a real one, in this process (PGlite). DynamoDB is the SDK's document client with a few lines of table behind it, and KMS the local
 * one, with the policies of payments-stack.ts. The numbers are test numbers of payment providers, and those made from them.
 */
import { strict as assert } from 'node:assert';
import { DynamoDbTable } from './dynamodb-table';
import { definePayments } from './payments-stack';
import { play } from './play';
import { SqlTable } from './sql-table';
import { temporaryFolder } from '../invoices/temporary-folder';
import { startLocalKms } from 'cdk-keysmith/testing';

async function main(): Promise<void> {
  const local = await startLocalKms({ assembly: definePayments(temporaryFolder('keysmith-payments-')).synth().directory });
  try {
    assert.deepEqual(local.openQuestions, []);
    for (const open of [() => SqlTable.open(), async () => new DynamoDbTable()]) {
      const table = await open();
      console.log(table.name);
      try {
        await play(table, local);
      } finally {
        await table.close();
      }
      // For the next table the old key is in use again.
      await local.port('deployer').call('EnableKey', { KeyId: local.keyArn('alias/payments/cards') });
    }
  } finally {
    await local.stop();
  }
}

void main();
