import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, GetCommand, NumberValue, PutCommand, QueryCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { LocalDynamoDb } from '../payments/local-dynamodb'; // of the repository: it stands for DynamoDB
import { createRecordCipher, KmsKeyring } from 'cdk-keysmith/runtime';
import { startLocalKms } from 'cdk-keysmith/testing';

const TableName = 'accounts';

async function main(): Promise<void> {
  const local = await startLocalKms({ keys: [{ aliases: ['alias/accounts'] }], principals: [{ arn: 'arn:aws:iam::111122223333:role/App', managedPolicies: ['AdministratorAccess'] }] });
  // On AWS: `new DynamoDBClient({})`, and `new KMS({})` of @aws-sdk/client-kms. `wrapNumbers` keeps numbers of more digits than JavaScript has.
  const server = { region: 'eu-west-1', credentials: { accessKeyId: 'local', secretAccessKey: 'local' }, requestHandler: new LocalDynamoDb(['pk', 'sk']) };
  const client = DynamoDBDocumentClient.from(new DynamoDBClient(server), { unmarshallOptions: { wrapNumbers: true } });
  const keyring = new KmsKeyring({ kms: local.port('App'), keyArn: local.keyArn('alias/accounts') });

  const accounts = createRecordCipher({
    keyring,
    encryptionContext: { Project: 'Accounts' },
    table: TableName,
    recordKey: ['pk', 'sk'],
    fields: ['iban', 'balance', 'address.street'],
    wrapNumber: NumberValue.from,
  });

  const account = {
    pk: 'customer#17', sk: 1, iban: 'DE02120300000000202051', balance: NumberValue.from('12345678901234567890.12'), address: { street: 'Am Markt 1', town: 'Bremen' },
  };
  await client.send(new PutCommand({ TableName, Item: await accounts.encrypt(account) }));

  // What is read has `sk` as NumberValue, which is the key that the number was.
  const Key = { pk: account.pk, sk: account.sk };
  const { Item } = await client.send(new GetCommand({ TableName, Key }));
  const plain = await accounts.decrypt<typeof account>(Item!);
  console.log(plain.iban, plain.balance.toString(), plain.address);

  // One field changed: set what `update` returns, if the header is still the one that was read.
  const changes = await accounts.update(Item!, { balance: NumberValue.from('0.01') });
  await client.send(new UpdateCommand({
    TableName,
    Key,
    UpdateExpression: 'SET #balance = :balance',
    ConditionExpression: '#header = :header',
    ExpressionAttributeNames: { '#balance': 'balance', '#header': 'keysmith_header' },
    ExpressionAttributeValues: { ':balance': changes.balance, ':header': Item!.keysmith_header },
  }));
  const query = { TableName, KeyConditionExpression: 'pk = :pk', ExpressionAttributeValues: { ':pk': account.pk } };
  const { Items = [] } = await client.send(new QueryCommand(query));
  for (const item of Items) console.log(String((await accounts.decrypt(item, { fields: ['balance'] })).balance));

  await local.stop();
}

void main();
