import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, GetCommand, PutCommand, QueryCommand, ScanCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { CardTable, Row } from './card-table';
import { LocalDynamoDb } from './local-dynamodb';
import { dynamoDbUpdate } from 'cdk-keysmith/runtime';
import type { RecordChange, RecordPage } from 'cdk-keysmith/runtime';

const TableName = 'cards';

/** The document client of the AWS SDK, with numbers as NumberValue: ids have more digits than a JavaScript number. */
export class DynamoDbTable implements CardTable {
  public readonly name = 'DynamoDB';
  readonly #server = new LocalDynamoDb(['tenant', 'id']);
  // On AWS: new DynamoDBClient({}).
  readonly #client = DynamoDBDocumentClient.from(new DynamoDBClient({
    region: 'eu-west-1', credentials: { accessKeyId: 'local', secretAccessKey: 'local' }, requestHandler: this.#server,
  }), { unmarshallOptions: { wrapNumbers: true } });

  public async insert(row: Row): Promise<void> {
    await this.#client.send(new PutCommand({ TableName, Item: row }));
  }

  public async find(tenant: string, index: unknown): Promise<Row[]> {
    const { Items = [] } = await this.#client.send(new QueryCommand({
      TableName,
      IndexName: 'byNumber',
      KeyConditionExpression: 'tenant = :tenant AND number_index = :index',
      ExpressionAttributeValues: { ':tenant': tenant, ':index': index },
    }));
    return Items;
  }

  public async page(start: Row | undefined, limit: number): Promise<RecordPage<Row>> {
    const { Items = [], LastEvaluatedKey } = await this.#client.send(new ScanCommand({ TableName, Limit: limit, ExclusiveStartKey: start }));
    return { rows: Items, next: LastEvaluatedKey };
  }

  public async read(key: Readonly<Row>): Promise<Row | undefined> {
    return (await this.#client.send(new GetCommand({ TableName, Key: key, ConsistentRead: true }))).Item;
  }

  /** ConditionalCheckFailedException says that something else stands there: `moveRecords` understands it. */
  public async write(change: RecordChange): Promise<boolean> {
    await this.#client.send(new UpdateCommand({ TableName, ...dynamoDbUpdate(change) }));
    return true;
  }

  public async dump(): Promise<Buffer> {
    return this.#server.dump();
  }

  public async close(): Promise<void> {
    this.#client.destroy();
  }
}
