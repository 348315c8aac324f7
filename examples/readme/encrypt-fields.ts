import { BlindIndexes, createEnvelopeCipher, createIndexSecret, createRecordCipher, DataKeyCache, KmsKeyring } from 'cdk-keysmith/runtime';
import { startLocalKms } from 'cdk-keysmith/testing';

async function main(): Promise<void> {
  // In production `kms` is `new KMS({})` of @aws-sdk/client-kms.
  const local = await startLocalKms({ keys: [{ aliases: ['alias/orders'] }], principals: [{ arn: 'arn:aws:iam::111122223333:role/App', managedPolicies: ['AdministratorAccess'] }] });
  const kms = local.port('App');
  const { KeyMetadata } = await kms.call('DescribeKey', { KeyId: 'alias/orders' });
  const key = { keyring: new KmsKeyring({ kms, keyArn: KeyMetadata.Arn }), encryptionContext: { Project: 'Orders' } };

  // Made once, and kept like configuration: index values depend on it.
  const cipher = createEnvelopeCipher(key);
  const secret = await createIndexSecret(cipher);

  const customers = createRecordCipher({
    ...key,
    table: 'customers',
    recordKey: ['pk', 'sk'],
    fields: ['email', 'address.street', 'cards'],
    indexedFields: { emailIndex: 'email' },
    blindIndexes: new BlindIndexes({ cipher, secret, table: 'customers', indexes: { emailIndex: { bits: 32, normalize: 'caseless' } } }),
    cache: new DataKeyCache(),
  });

  const customer = {
    pk: 'CUSTOMER#17',
    sk: 'PROFILE',
    email: 'ada@example.com',
    address: { street: '12 St James Square', country: 'GB' },
    cards: [{ last4: '4242', limit: 1000n }],
  };

  // Plain objects in and out: Item of PutCommand, Item of GetCommand. Here a Map is the table.
  const put = { TableName: 'customers', Item: await customers.encrypt(customer) };
  const table = new Map([[`${put.Item.pk} ${put.Item.sk}`, put.Item]]);
  const { Item } = { Item: table.get('CUSTOMER#17 PROFILE')! };
  console.log((await customers.decrypt<typeof customer>(Item)).address.street);

  // One field alone, and one field changed: UpdateCommand sets what `update` returns.
  console.log(await customers.decrypt(Item, { fields: ['email'] }));
  console.log(Object.keys(await customers.update(Item, { email: 'ada@example.org' })));

  // Equality search: KeyConditionExpression 'emailIndex = :e' on a secondary index. Other addresses may share the value.
  const query = { IndexName: 'byEmail', ExpressionAttributeValues: { ':e': await customers.blindIndex('emailIndex', 'ADA@example.com') } };
  console.log(Buffer.compare(query.ExpressionAttributeValues[':e'] as Buffer, Item.emailIndex as Buffer) === 0);

  await local.stop();
}

void main();
