import { createRecordCipher, DataKeyCache, dynamoDbUpdate, KmsKeyring, moveRecords, MultiKeyring } from 'cdk-keysmith/runtime';
import type { DynamoDbUpdate } from 'cdk-keysmith/runtime';
import { startLocalKms } from 'cdk-keysmith/testing';

type Item = Record<string, unknown>;

/** Stands for the table: `send` of DynamoDBDocumentClient with ScanCommand, GetCommand and UpdateCommand in its place. */
class Table {
  public readonly items = new Map<unknown, Item>();

  public async scan(): Promise<{ Items: Item[]; LastEvaluatedKey?: Item }> {
    return { Items: [...this.items.values()] };
  }

  public async update({ Key, UpdateExpression, ExpressionAttributeNames: names, ExpressionAttributeValues: values }: DynamoDbUpdate): Promise<void> {
    const sets = UpdateExpression.replace('SET ', '').split(', ').map((set) => set.split(' = '));
    const changes = sets.map(([name, value]) => [names[name], values[value]]);
    this.items.set(Key.pk, { ...this.items.get(Key.pk), ...Object.fromEntries(changes) as Item });
  }
}

async function main(): Promise<void> {
  const admin = { arn: 'arn:aws:iam::111122223333:role/Mover', managedPolicies: ['AdministratorAccess'] };
  const local = await startLocalKms({ keys: [{ aliases: ['alias/old'] }, { aliases: ['alias/new'] }], principals: [admin] });
  const kms = local.port('Mover');
  const arnOf = async (KeyId: string) => (await kms.call('DescribeKey', { KeyId })).KeyMetadata.Arn;
  const [oldArn, newArn] = [await arnOf('alias/old'), await arnOf('alias/new')];
  const [before, after] = [new KmsKeyring({ kms, keyArn: oldArn }), new KmsKeyring({ kms, keyArn: newArn })];
  const customers = { encryptionContext: { Project: 'Orders' }, table: 'customers', recordKey: 'pk', fields: ['email'] };

  const table = new Table();
  const old = createRecordCipher({ ...customers, keyring: before, cache: new DataKeyCache() });
  for (let index = 0; index < 50; index++) table.items.set(index, await old.encrypt({ pk: index, email: `${index}@example.com` }));

  // Opens what either key made, and writes under the new one. All writers of the table use it before the move begins.
  const keyring = new MultiKeyring({ generator: after, decryptOnly: [before] });
  const cipher = createRecordCipher({ ...customers, keyring, cache: new DataKeyCache() });
  let cursor: string | undefined; // kept in a file, between runs
  const { moved, failed } = await moveRecords<Item>({
    cipher,
    keyArns: [newArn],
    cursor,
    // new ScanCommand({ TableName, ExclusiveStartKey: start })
    scan: async (_start) => table.scan().then(({ Items, LastEvaluatedKey }) => ({ rows: Items, next: LastEvaluatedKey })),
    // new GetCommand({ TableName, Key: key, ConsistentRead: true })
    read: async (key) => table.items.get(key.pk),
    // new UpdateCommand({ TableName, ...dynamoDbUpdate(change) })
    write: async (change) => table.update(dynamoDbUpdate(change)).then(() => true),
    onProgress: (progress) => { cursor = progress.cursor; },
    onFailure: ({ key, error }) => console.error(key, error.message),
  });
  console.log(`${moved} moved, ${failed} failed`);
  console.log([...table.items.values()].every((item) => cipher.inspect(item).keyArns.join() === newArn));

  await local.stop();
}

void main();
