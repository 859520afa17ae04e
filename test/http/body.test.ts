// The body decoder by itself: where it says data is and where it says to go on. What is accepted and refused, however
// it is cut, is in the fixtures.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  BODY_DATA,
  BODY_END,
  BODY_MORE,
  BODY_PROBLEM,
  BodyDecoder,
  CHUNKED,
  UNTIL_CLOSE,
} from '../../src/http/index.ts';

const UNBOUNDED = Number.POSITIVE_INFINITY;

describe('a counted body', () => {
  it('ends at its length, and leaves what follows alone', () => {
    const bytes = Buffer.from('..helloGET /');
    const body = new BodyDecoder(5, UNBOUNDED);
    assert.equal(body.decode(bytes, 2, bytes.length), BODY_DATA);
    assert.deepEqual([body.dataStart, body.dataEnd, body.position], [2, 7, 7]);
    assert.equal(body.decode(bytes, body.position, bytes.length), BODY_END);
    assert.equal(body.position, 7);
    assert.equal(body.ended, true);
    assert.deepEqual(body.trailers, []);
  });

  it('asks for more while some is missing, and uses up what is there', () => {
    const bytes = Buffer.from('hello');
    const body = new BodyDecoder(7, UNBOUNDED);
    assert.equal(body.decode(bytes, 0, 5), BODY_DATA);
    assert.equal(body.decode(bytes, 5, 5), BODY_MORE);
    assert.equal(body.remaining, 2);
    assert.equal(body.endOfInput(), BODY_PROBLEM);
    assert.equal(body.problem?.code, 'ERR_HTTP_BODY_CUT_SHORT');
  });

  it('is over at once where it is empty', () => {
    assert.equal(new BodyDecoder(0, UNBOUNDED).decode(Buffer.alloc(0), 0, 0), BODY_END);
  });

  it('is refused before its first byte where it is declared too long', () => {
    const body = new BodyDecoder(11, 10);
    assert.equal(body.problem?.status, 413);
    assert.equal(body.decode(Buffer.from('x'), 0, 1), BODY_PROBLEM);
    assert.equal(new BodyDecoder(10, 10).problem, undefined);
  });
});

describe('a chunked body', () => {
  const bytes = Buffer.from('3\r\nabc\r\n2;x\r\nde\r\n0\r\nX-T: 1\r\nHost: h\r\n\r\nnext');

  it('comes chunk by chunk, then ends with its trailers', () => {
    const body = new BodyDecoder(CHUNKED, UNBOUNDED);
    assert.equal(body.decode(bytes, 0, bytes.length), BODY_DATA);
    assert.equal(bytes.toString('latin1', body.dataStart, body.dataEnd), 'abc');
    assert.equal(body.decode(bytes, body.position, bytes.length), BODY_DATA);
    assert.equal(bytes.toString('latin1', body.dataStart, body.dataEnd), 'de');
    assert.equal(body.decode(bytes, body.position, bytes.length), BODY_END);
    assert.equal(bytes.toString('latin1', body.position), 'next');
    assert.deepEqual(body.trailers, ['X-T', '1']);
    assert.equal(body.decode(bytes, body.position, bytes.length), BODY_END);
  });

  it('is cut short by the end of the input anywhere before its last LF', () => {
    const end = bytes.length - 'next'.length;
    for (let cut = 0; cut <= end; cut++) {
      const body = new BodyDecoder(CHUNKED, UNBOUNDED);
      let at = 0;
      while (body.decode(bytes, at, cut) === BODY_DATA) at = body.position;
      assert.equal(body.position, cut);
      assert.equal(body.endOfInput(), cut === end ? BODY_END : BODY_PROBLEM, `${cut}`);
    }
  });

  it('may be exactly as long as the limit', () => {
    const body = new BodyDecoder(CHUNKED, 5);
    let at = 0;
    while (body.decode(bytes, at, bytes.length) === BODY_DATA) at = body.position;
    assert.equal(body.ended, true);
  });

  it('goes on saying what was wrong', () => {
    const body = new BodyDecoder(CHUNKED, UNBOUNDED);
    assert.equal(body.decode(Buffer.from('g'), 0, 1), BODY_PROBLEM);
    const { problem } = body;
    assert.equal(body.decode(bytes, 0, bytes.length), BODY_PROBLEM);
    assert.equal(body.endOfInput(), BODY_PROBLEM);
    assert.equal(body.problem, problem);
  });

  it('may have as many plain chunks as it likes: only extensions and leading zeros use up the allowance', () => {
    const many = Buffer.from('000001\r\nx\r\n'.repeat(20_000));
    const body = new BodyDecoder(CHUNKED, UNBOUNDED);
    let at = 0;
    while (body.decode(many, at, many.length) === BODY_DATA) at = body.position;
    assert.equal(body.problem, undefined);
    assert.equal(at + 2, many.length);
  });
});

describe('a body until the close', () => {
  it('has no end but that of the input', () => {
    const body = new BodyDecoder(UNTIL_CLOSE, 10);
    assert.equal(body.decode(Buffer.from('abc'), 0, 3), BODY_DATA);
    assert.equal(body.decode(Buffer.from('abc'), 3, 3), BODY_MORE);
    assert.equal(body.endOfInput(), BODY_END);
  });

  it('is bounded all the same: what is within the bound is data, however it comes', () => {
    const body = new BodyDecoder(UNTIL_CLOSE, 4);
    assert.equal(body.decode(Buffer.from('abc'), 0, 3), BODY_DATA);
    assert.equal(body.decode(Buffer.from('abc'), 0, 3), BODY_DATA);
    assert.deepEqual([body.dataStart, body.dataEnd], [0, 1]);
    assert.equal(body.decode(Buffer.from('abc'), 1, 3), BODY_PROBLEM);
    assert.equal(body.problem?.status, 413);
  });
});
