// Node and browsers, without a library: WebCrypto, which wants signatures of ECDSA as HTTP and JOSE have them.
const REQUIRED = '("@status" "content-type" "content-digest" "@method";req "@target-uri";req)';
const base64 = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes)));
const bytesOf = (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));

/** Throws unless the response is the key's. `headers` are `Headers`, `body` is an ArrayBuffer or bytes, `pem` is the published key. */
export async function verify({ method, url, status, headers, body }, pem, tag, now = Date.now()) {
  const digest = `sha-256=:${base64(await crypto.subtle.digest('SHA-256', body))}:`;
  if (headers.get('content-digest') !== digest) throw new Error('the content is not that of its digest');

  const params = headers.get('signature-input')?.replace(/^sig1=/, '') ?? '';
  const [, created] = /^\(.*\);created=(\d+);keyid="[^"]*";tag="[^"]*"$/.exec(params) ?? [];
  const isForUs = params.startsWith(`${REQUIRED};created=`) && params.endsWith(`;tag="${tag}"`);
  if (!isForUs || !(Math.abs(now / 1000 - created) <= 300)) throw new Error('not signed, not for this, or too old');

  const base = `"@status": ${status}\n"content-type": ${headers.get('content-type')}\n"content-digest": ${digest}\n`
    + `"@method";req: ${method}\n"@target-uri";req: ${url}\n"@signature-params": ${params}`;
  const [, encoded] = /^sig1=:([A-Za-z0-9+/=]+):$/.exec(headers.get('signature')) ?? [];
  const spki = bytesOf(pem.replace(/-----[^-]+-----|\s/g, ''));
  const key = await crypto.subtle.importKey('spki', spki, { name: 'ECDSA', namedCurve: 'P-256' }, false, ['verify']);
  const isAuthentic = encoded && await crypto.subtle.verify({ name: 'ECDSA', hash: 'SHA-256' }, key, bytesOf(encoded), new TextEncoder().encode(base));
  if (!isAuthentic) throw new Error('not authentic');
}
