import { Readable } from 'node:stream';
import { isDeepStrictEqual } from 'node:util';
import type { AttributeValue } from '@aws-sdk/client-dynamodb';

/** Attributes as they go over the wire: `{ S: 'text' }`, `{ N: '1' }`, `{ B: base64 }`. */
type Item = Record<string, AttributeValue>;
type Input = Record<string, any>;
type Answer = { readonly status?: number; readonly body: object };

/**
 * As much of DynamoDB as the example asks, behind the SDK's own client: what it sends and reads is what goes to AWS. Expressions are those of
 * `dynamoDbUpdate` and of a query by equal values. On AWS there is no such file.
 */
export class LocalDynamoDb {
  public readonly metadata = { handlerProtocol: 'http/1.1' };
  readonly #items = new Map<string, Item>();

  constructor(private readonly key: readonly string[]) {}

  /** What the client calls in place of HTTP. */
  public async handle({ headers, body }: { headers: Record<string, string>; body?: any }): Promise<{ response: any }> {
    const [, operation] = headers['x-amz-target'].split('.');
    const { status: statusCode = 200, body: answer } = this.#answer(operation, JSON.parse(new TextDecoder().decode(body as Uint8Array)) as Input);
    const response = { statusCode, headers: { 'content-type': 'application/x-amz-json-1.0' }, body: Readable.from([Buffer.from(JSON.stringify(answer))]) };
    return { response };
  }

  public updateHttpClientConfig(): void {}

  public httpHandlerConfigs(): object {
    return {};
  }

  /** Every attribute of every item, binary ones as their bytes. */
  public dump(): Buffer {
    const bytesOf = ({ B, ...others }: Input) => (B === undefined ? Buffer.from(JSON.stringify(others)) : Buffer.from(B as string, 'base64'));
    return Buffer.concat([...this.#items.values()].flatMap((item) => Object.values(item).map(bytesOf)));
  }

  #answer(operation: string, input: Input): Answer {
    switch (operation) {
      case 'PutItem': return this.#put(input.Item as Item);
      case 'GetItem': return { body: { Item: this.#items.get(this.#idOf(input.Key as Item)) } };
      case 'Query': return this.#query(input);
      case 'Scan': return this.#scan(input);
      case 'UpdateItem': return this.#update(input);
      default: return { status: 400, body: { __type: 'UnknownOperationException', message: operation } };
    }
  }

  #put(item: Item): Answer {
    this.#items.set(this.#idOf(item), item);
    return { body: {} };
  }

  #query({ KeyConditionExpression, ExpressionAttributeValues: values }: Input): Answer {
    const terms = (KeyConditionExpression as string).split(' AND ').map((term) => term.split(' = '));
    const Items = [...this.#items.values()].filter((item) => terms.every(([name, value]) => isDeepStrictEqual(item[name], values[value])));
    return { body: { Items } };
  }

  #scan({ Limit, ExclusiveStartKey }: Input): Answer {
    const ids = [...this.#items.keys()].sort();
    const rest = ExclusiveStartKey ? ids.filter((id) => id > this.#idOf(ExclusiveStartKey as Item)) : ids;
    const Items = rest.slice(0, Limit as number).map((id) => this.#items.get(id)!);
    return { body: { Items, LastEvaluatedKey: Items.length < Limit ? undefined : this.#keyOf(Items.at(-1)!) } };
  }

  #update({ Key, UpdateExpression, ConditionExpression, ExpressionAttributeNames: names, ExpressionAttributeValues: values }: Input): Answer {
    const old = this.#items.get(this.#idOf(Key as Item)) ?? {};
    const holds = (condition: string) => {
      const [, absent, name, value] = /^(?:attribute_not_exists\((#\w+)\)|(#\w+) = (:\w+))$/.exec(condition)!;
      return absent ? !(names[absent] in old) : isDeepStrictEqual(old[names[name]], values[value]);
    };
    if (!(ConditionExpression as string).split(' AND ').every(holds)) {
      return { status: 400, body: { __type: 'com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException', message: 'The conditional request failed' } };
    }
    const sets = (UpdateExpression as string).replace('SET ', '').split(', ').map((set) => set.split(' = '));
    return this.#put({ ...old, ...Key, ...Object.fromEntries(sets.map(([name, value]) => [names[name], values[value]])) });
  }

  #keyOf(item: Item): Item {
    return Object.fromEntries(this.key.map((name) => [name, item[name]]));
  }

  #idOf(item: Item): string {
    return JSON.stringify(this.#keyOf(item));
  }
}
