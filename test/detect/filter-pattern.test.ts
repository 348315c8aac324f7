import { filterPattern } from './support/filter-pattern';

/**
 * The examples of CloudWatch Logs User Guide, "Filter pattern syntax for metric filters, subscription filters, filter log events, and Live Tail",
 * with what the page says of each.
 */
type Example = readonly [says: string, pattern: string, message: string | object, matches: boolean];

const [E400, E401, E419, E420, E500, S200] = [
  '[ERROR 400] BAD REQUEST', '[ERROR 401] UNAUTHORIZED REQUEST', '[ERROR 419] MISSING ARGUMENTS', '[ERROR 420] INVALID ARGUMENTS',
  '[ERROR 500] INTERNAL SERVER ERROR', '[SUCCESS 200] AUTHORIZED REQUEST',
];

const EVENT = {
  'eventType': 'UpdateTrail',
  'sourceIPAddress': '111.111.111.111',
  'arrayKey': ['value', 'another value'],
  'objectList': [{ name: 'a', id: 1 }, { name: 'b', id: 2 }],
  'SomeObject': null,
  'cluster.name': 'c',
};

const OBJECT = {
  user: { id: 1, email: 'John.Stiles@example.com' },
  users: [{ id: 2, email: 'John.Doe@example.com' }, { id: 3, email: 'Jane.Doe@example.com' }],
  actions: ['GET', 'PUT', 'DELETE'],
  coordinates: [[0, 1, 2], [4, 5, 6], [7, 8, 9]],
};

const REQUEST = '127.0.0.1 Prod frank [10/Oct/2000:13:25:15 -0700] "GET /index.html HTTP/1.0" 404 1534';
const [INFO, INFO_PART, WARNING, ERROR] = [
  'INFO 09/25/2014 12:00:00 GET /service/resource/67 1200', 'INFO 09/25/2014 12:00:01 POST /service/resource/67/part/111 1310',
  'WARNING 09/25/2014 12:00:02 Invalid user request', 'ERROR 09/25/2014 12:00:02 Failed to process request',
];

const TEXT: Example[] = [
  ['a regular expression anywhere', '%AUTHORIZED%', E401, true],
  ['a regular expression anywhere', '%AUTHORIZED%', S200, true],
  ['one term', 'ERROR', E400, true],
  ['one term', 'ERROR', S200, false],
  ['terms are case sensitive', 'error', E400, false],
  ['several terms, all of them', 'ERROR ARGUMENTS', E419, true],
  ['several terms, all of them', 'ERROR ARGUMENTS', E400, false],
  ['optional terms, one of them', '?ERROR ?ARGUMENTS', E401, true],
  ['optional terms, one of them', '?ERROR ?ARGUMENTS', E420, true],
  ['optional terms, none of them', '?ERROR ?ARGUMENTS', S200, false],
  ['optional terms beside others are ignored', '?ERROR ?ARGUMENTS REQUEST', '[INFO] REQUEST FAILED', true],
  ['optional terms beside others are ignored', '?ERROR ?ARGUMENTS REQUEST', E419, false],
  ['an exact phrase', '"INTERNAL SERVER ERROR"', E500, true],
  ['an exact phrase', '"INTERNAL SERVER ERROR"', 'SERVER INTERNAL ERROR', false],
  ['an excluded term', 'ERROR -ARGUMENTS', E400, true],
  ['an excluded term', 'ERROR -ARGUMENTS', E419, false],
  ['everything', '" "', E400, true],
];

const REGEXES: Example[] = [
  ['^ is the beginning', '%^[hc]at%', 'hat', true],
  ['^ is the beginning', '%^[hc]at%', 'a hat', false],
  ['$ is the end', '%[hc]at$%', 'a cat', true],
  ['$ is the end', '%[hc]at$%', 'cats', false],
  ['? is once or never', '%colou?r%', 'color', true],
  ['? is once or never', '%colou?r%', 'colouur', false],
  ['a class', '%[abcx-z]%', 'y', true],
  ['a class', '%[abcx-z]%', 'd', false],
  ['so many times', '%a{3,5}%', 'aaa', true],
  ['so many times', '%a{3,5}%', 'aa', false],
  ['either', '%gray|grey%', 'grey', true],
  ['either, each from the beginning', '%^starting|^initializing|^shutting down%', 'skipping initializing', false],
  ['either, with an excluded class', '%abcc|ab[^c]$%', 'aba', true],
  ['either, with an excluded class', '%abcc|ab[^c]$%', 'aac', false],
  ['escaped brackets', '%\\[.\\]%', '[7]', true],
  ['escaped dots of an address', '%10\\.10\\.0\\.1%', '10010,051', false],
  ['unescaped dots of an address', '%10.10.0.1%', '10010,051', true],
  ['* is any number of times', '%ab*c%', 'ac', true],
  ['+ is at least once', '%ab+c%', 'ac', false],
  ['\\D is no digit', '%^\\D$%', '7', false],
  ['a character by its code', '%\\x28%', 'f(x)', true],
];

const JSON_SIMPLE: Example[] = [
  ['a string', '{ $.eventType = "UpdateTrail" }', EVENT, true],
  ['another string', '{ $.eventType = "DeleteTrail" }', EVENT, false],
  ['not an address that begins so', '{ $.sourceIPAddress != 123.123.* }', EVENT, true],
  ['not an address that begins so', '{ $.sourceIPAddress != 111.111.* }', EVENT, false],
  ['an element of an array', '{ $.arrayKey[0] = "value" }', EVENT, true],
  ['another element of an array', '{ $.arrayKey[1] = "value" }', EVENT, false],
  ['a regular expression', '{ $.eventType = %Trail% }', EVENT, true],
  ['any element, by a regular expression', '{ $.arrayKey[*] = %val.{2}% }', EVENT, true],
  ['any field, by a regular expression', '{ $.* = %111\\.111\\.111\\.1[0-9]{1,2}% }', EVENT, true],
  ['a name with a dot', '{ $.[\'cluster.name\'] = "c" }', EVENT, true],
  ['IS NULL', '{ $.SomeObject IS NULL }', EVENT, true],
  ['IS NULL of what is something', '{ $.eventType IS NULL }', EVENT, false],
  ['NOT EXISTS', '{ $.SomeOtherObject NOT EXISTS }', EVENT, true],
  ['NOT EXISTS of what exists', '{ $.SomeObject NOT EXISTS }', EVENT, false],
  ['an array is no value', '{ $.arrayKey = "value" }', EVENT, false],
  ['an object is no value', '{ $.objectList[0] = "a" }', EVENT, false],
  ['an object is no value, unequal either', '{ $.objectList[0] != "a" }', EVENT, false],
];

const JSON_NUMBERS: Example[] = [
  ['greater', '{ $.bandwidth > 75 }', { bandwidth: 76 }, true],
  ['greater', '{ $.bandwidth > 75 }', { bandwidth: 75 }, false],
  ['less', '{ $.latency < 50 }', { latency: 49 }, true],
  ['at least', '{ $.refreshRate >= 60 }', { refreshRate: 60 }, true],
  ['at most', '{ $.responseTime <= 5 }', { responseTime: 6 }, false],
  ['equal', '{ $.errorCode = 400}', { errorCode: 400 }, true],
  ['unequal', '{ $.errorCode != 500 }', { errorCode: 500 }, false],
  ['in scientific notation', '{ $.number[0] = 1e+3 }', { number: [1000] }, true],
  ['in scientific notation, unequal', '{ $.number[0] != 1e-3 }', { number: [0.001] }, false],
];

const JSON_COMPOUND: Example[] = [
  ['AND', '{ ($.user.id = 1) && ($.users[0].email = "John.Doe@example.com") }', OBJECT, true],
  ['AND binds before OR', '{ $.user.email = "John.Stiles@example.com" || $.coordinates[0][1] = "nonmatch" && $.actions[2] = "nonmatch" }', OBJECT, true],
  ['parentheses bind before AND', '{ ($.user.email = "John.Stiles@example.com" || $.coordinates[0][1] = "nonmatch") && $.actions[2] = "nonmatch" }', OBJECT, false],
  ['OR without a match', '{ ($.user.id = 2 && $.users[0].email = "nonmatch") || $.actions[2] = "GET" }', OBJECT, false],
];

const FIELDS: Example[] = [
  ['seven fields', '[ip=%127\\.0\\.0\\.[1-9]%, user, username, timestamp, request =*.html*, status_code = 4*, bytes]', REQUEST, true],
  ['an ellipsis', '[..., request =*.html*, status_code = 4*, bytes]', REQUEST, true],
  ['either status', '[ip, user, username, timestamp, request =*.html*, status_code = 404 || status_code = 410, bytes]', REQUEST, true],
  ['another status', '[..., request =*.html*, status_code = 5*, bytes]', REQUEST, false],
  ['the first word', '[w1=ERROR, w2]', ERROR, true],
  ['the first word', '[w1=ERROR, w2]', INFO, false],
  ['one of two words', '[w1=ERROR || w1=WARNING, w2]', WARNING, true],
  ['neither of two words', '[w1!=ERROR && w1!=WARNING, w2]', INFO, true],
  ['neither of two words', '[w1!=ERROR && w1!=WARNING, w2]', WARNING, false],
  ['the top of a path', '[logLevel, date, time, method, url=%/service/resource/[0-9]+$%, response_time]', INFO, true],
  ['the top of a path', '[logLevel, date, time, method, url=%/service/resource/[0-9]+$%, response_time]', INFO_PART, false],
  ['a child of a path', '[logLevel, date, time, method, url=%/service/resource/[0-9]+/part/[0-9]+$%, response_time]', INFO_PART, true],
];

describe.each([
  ['terms in any text', TEXT],
  ['regular expressions', REGEXES],
  ['properties of JSON', JSON_SIMPLE],
  ['numbers in JSON', JSON_NUMBERS],
  ['compound expressions', JSON_COMPOUND],
  ['fields with spaces between them', FIELDS],
])('the documented examples of %s', (_, examples) => {
  test.each(examples)('%s: %s on %j: %s', (_says, pattern, message, matches) => {
    expect(filterPattern(pattern)(typeof message === 'string' ? message : JSON.stringify(message))).toBe(matches);
  });
});

describe('what CloudWatch refuses', () => {
  test.each([
    ['a name in double quotes', '{ $.["cluster.name"] = "c" }'],
    ['IS NOT', '{ $.SomeObject IS NOT NULL }'],
    ['EXISTS', '{ $.SomeObject EXISTS }'],
    ['two wildcards in a selector', '{ $.a[*].b[*] = "c" }'],
    ['four wildcards in a pattern', '{ $.a[*] = 1 || $.b[*] = 1 || $.c[*] = 1 || $.d[*] = 1 }'],
    ['three regular expressions', '{ $.a = %a% || $.b = %b% || $.c = %c% }'],
    ['parentheses in a regular expression', '{ $.a = %(a|b)% }'],
    ['a symbol outside of the set', '%something!%'],
    ['no closing brace', '{ $.a = 1'],
    ['one more parenthesis', '{ ($.a = 1)) }'],
    ['a comparison of strings by size', '{ $.a > "b" }'],
    ['a phrase without quotes', 'kms.amazonaws.com'],
  ])('%s', (_, pattern) => {
    expect(() => filterPattern(pattern)).toThrow(SyntaxError);
  });
});

describe('what the page leaves open', () => {
  test('!= of a property that is not there: no by default, yes if read so', () => {
    const pattern = '{ $.eventType = "*" && $.sourceIPAddress != 123.123.* }';
    const message = JSON.stringify({ eventType: 'UpdateTrail' });
    expect(filterPattern(pattern)(message)).toBe(false);
    expect(filterPattern(pattern, { unequalWhereMissing: true })(message)).toBe(true);
  });

  test('paired with NOT EXISTS it is the same in both readings', () => {
    const pattern = '{ $.a NOT EXISTS || $.a != "b" }';
    for (const event of [{}, { a: 'b' }, { a: 'c' }]) {
      expect(filterPattern(pattern)(JSON.stringify(event))).toBe(filterPattern(pattern, { unequalWhereMissing: true })(JSON.stringify(event)));
    }
  });
});
