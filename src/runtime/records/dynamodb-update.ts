import type { RecordChange } from './move-types';

/** What UpdateCommand of DynamoDB's document client takes beside the name of the table. */
export interface DynamoDbUpdate {
  readonly Key: Record<string, unknown>;
  readonly UpdateExpression: string;
  readonly ConditionExpression: string;
  readonly ExpressionAttributeNames: Record<string, string>;
  readonly ExpressionAttributeValues: Record<string, unknown>;
}

/**
 * A change of `moveRecords` as an update of an item, which fails with ConditionalCheckFailedException when the item is no
 * longer what was read. Attributes that the change does not name stay as they are, whoever writes them.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.html
 */
export function dynamoDbUpdate({ key, changes, ifUnchanged }: RecordChange): DynamoDbUpdate {
  const names = [...new Set([...Object.keys(changes), ...Object.keys(ifUnchanged)])];
  const placeholder = (name: string) => `#n${names.indexOf(name)}`;
  const values: Record<string, unknown> = {};
  const value = (prefix: string, name: string, content: unknown) => {
    const at = `:${prefix}${names.indexOf(name)}`;
    values[at] = content;
    return at;
  };
  const entries = Object.entries(changes);
  const sets = entries.filter(([, content]) => content !== null).map(([name, content]) => `${placeholder(name)} = ${value('v', name, content)}`);
  const removals = entries.filter(([, content]) => content === null).map(([name]) => placeholder(name));
  const conditions = Object.entries(ifUnchanged).map(([name, content]) => (
    content === undefined ? `attribute_not_exists(${placeholder(name)})` : `${placeholder(name)} = ${value('o', name, content)}`
  ));
  return {
    Key: { ...key },
    UpdateExpression: [...(sets.length ? [`SET ${sets.join(', ')}`] : []), ...(removals.length ? [`REMOVE ${removals.join(', ')}`] : [])].join(' '),
    ConditionExpression: conditions.join(' AND '),
    ExpressionAttributeNames: Object.fromEntries(names.map((name) => [placeholder(name), name])),
    ExpressionAttributeValues: values,
  };
}
