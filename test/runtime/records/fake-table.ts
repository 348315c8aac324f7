import { isDeepStrictEqual } from 'node:util';
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from './document-client';
import type { DynamoDbUpdate } from '../../../src/runtime';

export type Item = Record<string, unknown>;
type StoredItem = Record<string, AttributeValue>;

/** The part of a class of the SDK's errors that callers tell it by. */
export class ConditionalCheckFailedException extends Error {
  public readonly name = 'ConditionalCheckFailedException';
  public readonly $fault = 'client';
}

/**
 * A table of DynamoDB as its document client shows it: the client's own conversions, with wrapped numbers; pages with
 * LastEvaluatedKey, also empty ones; updates under a condition. Key: `pk` (binary) and `sk` (number), in this order.
 */
export class FakeTable {
  readonly #items = new Map<string, StoredItem>();

  /** Called before each answer; what it throws is the answer. */
  public before: (operation: 'scan' | 'get' | 'update') => unknown = () => undefined;
  /** Told of each update that was made. */
  public onUpdate: (before: Item | undefined, after: Item) => void = () => undefined;

  public put(item: Item): void {
    this.#items.set(keyOf(item), attributesOf(item));
  }

  public delete(key: Item): void {
    this.#items.delete(keyOf(key));
  }

  public get all(): Item[] {
    return [...this.#items.values()].map(shown);
  }

  public at(key: Item): Item | undefined {
    const item = this.#items.get(keyOf(key));
    return item && shown(item);
  }

  public async scan(limit: number, start: Item | undefined): Promise<{ Items: Item[]; LastEvaluatedKey?: Item }> {
    await this.before('scan');
    const keys = [...this.#items.keys()].sort();
    const from = start ? keys.filter((key) => key > keyOf(start)) : keys;
    const page = from.slice(0, limit).map((key) => shown(this.#items.get(key)!));
    // A page that is full has a key to go on with, even when nothing follows.
    if (page.length < limit) return { Items: page };
    const { pk, sk } = page[page.length - 1];
    return { Items: page, LastEvaluatedKey: { pk, sk } };
  }

  public async get(key: Item): Promise<Item | undefined> {
    await this.before('get');
    return this.at(key);
  }

  /** @throws ConditionalCheckFailedException */
  public async update(update: DynamoDbUpdate): Promise<void> {
    await this.before('update');
    this.updateNow(update);
  }

  public updateNow({ Key, UpdateExpression, ConditionExpression, ExpressionAttributeNames: names, ExpressionAttributeValues }: DynamoDbUpdate): void {
    const values = attributesOf(ExpressionAttributeValues);
    const old = this.#items.get(keyOf(Key));
    const isMet = (condition: string) => {
      const [, absent, name, value] = /^(?:attribute_not_exists\((#n\d+)\)|(#n\d+) = (:\w+))$/.exec(condition)!;
      return absent ? old?.[names[absent]] === undefined : isDeepStrictEqual(old?.[names[name]], values[value]);
    };
    if (!ConditionExpression.split(' AND ').filter(Boolean).every(isMet)) throw new ConditionalCheckFailedException('The conditional request failed');
    const item: StoredItem = { ...old, ...attributesOf(Key) };
    const [, sets, removals] = /^(?:SET (.+?))?\s?(?:REMOVE (.+))?$/.exec(UpdateExpression)!;
    for (const set of sets?.split(', ') ?? []) {
      const [name, value] = set.split(' = ');
      item[names[name]] = values[value];
    }
    for (const name of removals?.split(', ') ?? []) delete item[names[name]];
    this.#items.set(keyOf(Key), item);
    this.onUpdate(old && shown(old), shown(item));
  }
}

/** In the order that a scan has here. */
function keyOf({ pk, sk }: Item): string {
  return `${Buffer.from(pk as Uint8Array).toString('hex')} ${String(sk).padStart(12, '0')}`;
}

/** As they are sent: binaries are bytes, whatever class they had. */
function attributesOf(item: Item): StoredItem {
  return structuredClone(marshall(item)) as StoredItem;
}

/** Fresh objects each time, with binaries that are no Buffers, as from the network. */
function shown(item: StoredItem): Item {
  return unmarshall(structuredClone(item), { wrapNumbers: true });
}
