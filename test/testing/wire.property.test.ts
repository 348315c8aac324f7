import * as fc from 'fast-check';
import { sign } from './support/raw';
import { OPERATION_NAMES, inputShapeOf } from '../../src/testing/engine';
import { decodeInput, encodeOutput, parseBody } from '../../src/testing/http/json';
import type { SignedRequest } from '../../src/testing/http/sigv4';
import { verifySignature } from '../../src/testing/http/sigv4';

const blobMembersOf = (operation: string) => Object.entries(inputShapeOf(operation)).filter(([, { type }]) => type === 'blob').map(([name]) => name);

const NOW = new Date('2026-11-22T12:00:00Z');
const credentials = { accessKeyId: 'ASIAEXAMPLEEXAMPLE00', secretAccessKey: 'made for this test', sessionToken: 'and so is this' };
const secretOf = (id: string) => (id === credentials.accessKeyId ? credentials : undefined);

const word = fc.stringMatching(/^[A-Za-z0-9_.~-]{1,12}$/);
const value = fc.string({ unit: 'grapheme', maxLength: 12 }).filter((text) => !/[+\ud800-\udfff]/.test(text));
const request = fc.record({
  path: fc.array(word.filter((part) => !/^\.+$/.test(part)), { maxLength: 3 }).map((parts) => `/${parts.join('/')}`),
  query: fc.uniqueArray(fc.tuple(word, value), { maxLength: 4, selector: ([name]) => name }),
  headers: fc.dictionary(fc.stringMatching(/^x-amz-meta-[a-z]{1,8}$/), fc.stringMatching(/^[ -~]{0,20}$/), { maxKeys: 3 }),
  body: fc.uint8Array({ minLength: 1, maxLength: 64 }),
});

type Parts = typeof request extends fc.Arbitrary<infer T> ? T : never;

/** A request as the server sees it, after somebody else signed it. */
function signed({ path, query, headers, body }: Parts): SignedRequest {
  const search = query.map(([name, text]) => `${name}=${encodeURIComponent(text)}`).join('&');
  const url = search ? `${path}?${search}` : path;
  const made = sign({ endpoint: 'http://127.0.0.1:4566', path: url, headers, body: Buffer.from(body) }, { credentials, at: NOW });
  return { method: 'POST', url, headers: Object.fromEntries(Object.entries(made.headers!).map(([name, text]) => [name, [text]])), body };
}

describe('a signature', () => {
  test('is taken, whatever path, query, headers and body it covers', () => {
    fc.assert(fc.property(request, (parts) => {
      expect(verifySignature(signed(parts), NOW, secretOf)).toEqual({ accessKeyId: credentials.accessKeyId, region: 'us-east-1' });
    }));
  });

  test('is not taken once a byte of the body is another', () => {
    fc.assert(fc.property(request, fc.nat(), fc.integer({ min: 1, max: 255 }), (parts, at, more) => {
      const made = signed(parts);
      const body = Uint8Array.from(made.body);
      body[at % body.length] = (body[at % body.length] + more) % 256;
      expect(() => verifySignature({ ...made, body }, NOW, secretOf)).toThrow(/does not match/);
    }));
  });

  test('never lets anything but an error of AWS out, whatever stands in the headers', () => {
    fc.assert(fc.property(fc.string(), fc.string(), fc.string(), (authorization, date, host) => {
      const headers = { 'authorization': [authorization], 'x-amz-date': [date], 'host': [host] };
      expect(() => verifySignature({ method: 'POST', url: '/', headers, body: Buffer.of() }, NOW, secretOf)).toThrow(
        expect.objectContaining({ name: expect.stringMatching(/^(MissingAuthenticationToken|IncompleteSignature|InvalidSignature|UnrecognizedClient)Exception$/) }),
      );
    }));
  });
});

describe('a body', () => {
  const operations = OPERATION_NAMES.filter((name) => blobMembersOf(name).length);

  test('carries every blob of every operation there and back', () => {
    fc.assert(fc.property(fc.constantFrom(...operations), fc.uint8Array({ maxLength: 100 }), (operation, bytes) => {
      const input = Object.fromEntries(blobMembersOf(operation).map((member) => [member, bytes]));
      const arrived = decodeInput(operation, parseBody(Buffer.from(encodeOutput(input))));
      for (const member of blobMembersOf(operation)) expect(Buffer.from(arrived[member] as Uint8Array)).toEqual(Buffer.from(bytes));
    }));
  });

  test('carries the blob of a structure too', () => {
    const Recipient = { KeyEncryptionAlgorithm: 'RSAES_OAEP_SHA_256', AttestationDocument: Buffer.of(1, 254) };
    expect(decodeInput('Decrypt', parseBody(Buffer.from(encodeOutput({ Recipient }))))).toEqual({ Recipient });
  });

  test('keeps every name and value of an encryption context', () => {
    fc.assert(fc.property(fc.dictionary(fc.string({ unit: 'binary', maxLength: 12 }), fc.string({ unit: 'binary', maxLength: 12 }), { maxKeys: 5 }), (EncryptionContext) => {
      const { EncryptionContext: arrived } = decodeInput('Encrypt', parseBody(Buffer.from(JSON.stringify({ EncryptionContext }))));
      expect(JSON.stringify(arrived)).toBe(JSON.stringify(EncryptionContext));
    }));
  });

  test('is a JSON object in UTF-8, or refused', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      try {
        expect(typeof parseBody(bytes)).toBe('object');
      } catch (error) {
        expect(error).toMatchObject({ name: 'SerializationException', statusCode: 400 });
      }
    }));
  });
});
