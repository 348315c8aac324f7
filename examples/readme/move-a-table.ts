import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, GetCommand, PutCommand, ScanCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { LocalDynamoDb } from '../payments/local-dynamodb'; // of the repository: it stands for DynamoDB
import { createRecordCipher, DataKeyCache, dynamoDbUpdate, KmsKeyring, moveRecords, MultiKeyring } from 'cdk-keysmith/runtime';
import { startLocalKms } from 'cdk-keysmith/testing';

const TableName = 'customers';

async function main(): Promise<void> {
  const admin = { arn: 'arn:aws:iam::111122223333:role/Mover', managedPolicies: ['AdministratorAccess'] };
  const local = await startLocalKms({ keys: [{ aliases: ['alias/old'] }, { aliases: ['alias/new'] }], principals: [admin] });
  // On AWS: `new DynamoDBClient({})`, and `new KMS({})` of @aws-sdk/client-kms.
  const server = { region: 'eu-west-1', credentials: { accessKeyId: 'local', secretAccessKey: 'local' }, requestHandler: new LocalDynamoDb(['pk']) };
  const client = DynamoDBDocumentClient.from(new DynamoDBClient(server), { unmarshallOptions: { wrapNumbers: true } });
  const kms = local.port('Mover');
  const [oldArn, newArn] = [local.keyArn('alias/old'), local.keyArn('alias/new')];
  const [before, after] = [new KmsKeyring({ kms, keyArn: oldArn }), new KmsKeyring({ kms, keyArn: newArn })];
  const customers = { encryptionContext: { Project: 'Orders' }, table: TableName, recordKey: 'pk', fields: ['email'], cache: new DataKeyCache() };

  const old = createRecordCipher({ ...customers, keyring: before });
  for (let pk = 0; pk < 50; pk++) await client.send(new PutCommand({ TableName, Item: await old.encrypt({ pk, email: `${pk}@example.com` }) }));

  // Opens what either key made, and writes under the new one. All writers of the table use it before the move begins.
  const cipher = createRecordCipher({ ...customers, keyring: new MultiKeyring({ generator: after, decryptOnly: [before] }) });
  let cursor: string | undefined; // kept in a file, between runs
  const move = () => moveRecords<Record<string, unknown>>({
    cipher,
    keyArns: [newArn],
    cursor,
    scan: async (start) => client.send(new ScanCommand({ TableName, ExclusiveStartKey: start, Limit: 20 }))
      .then(({ Items = [], LastEvaluatedKey }) => ({ rows: Items, next: LastEvaluatedKey })),
    read: async (key) => (await client.send(new GetCommand({ TableName, Key: key, ConsistentRead: true }))).Item,
    write: async (change) => client.send(new UpdateCommand({ TableName, ...dynamoDbUpdate(change) })).then(() => true),
    onProgress: (progress) => {
      cursor = progress.cursor;
      console.log(`${progress.seen} seen, ${progress.moved} moved, ${progress.passed} were there already, ${progress.failed} failed`);
    },
    onFailure: ({ key, error }) => console.error(key, error.message),
  });
  await move();
  await move();

  // Which rows still want to move: `inspect` asks nobody.
  const { Items = [] } = await client.send(new ScanCommand({ TableName, Limit: 100 }));
  console.log(Items.filter((item) => cipher.inspect(item).keyArns.includes(oldArn)).length, 'are left under the old key');

  await local.stop();
}

void main();
