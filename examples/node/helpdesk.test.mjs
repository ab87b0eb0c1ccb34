// Against the recordings of the help desk in Python: the requests mean the same, so they get the same answers.
// Each test names its session in the path of the base URL.

import assert from 'node:assert/strict';
import test from 'node:test';
import { desk, MODEL } from './helpdesk.mjs';

const CAPITAL = 'Which city is the capital of Switzerland?';
const at = (session) => desk(`${process.env.WIRETAPE_URL}/~${session}`, 'ak_none');

async function all(words) {
  let text = '';
  for await (const word of words) text += word;
  return text;
}

test('models', async () => {
  assert.ok((await at('test_models').models()).includes(MODEL));
});

test('an answer, and another one to the same question', async () => {
  const api = at('test_the_same_question_again');
  const [first, second] = [await api.ask(CAPITAL), await api.ask(CAPITAL)];
  assert.match(first.text, /^Grüezi/);
  assert.notEqual(first.thread, second.thread);
});

test('a stream, with a character torn between two chunks', async () => {
  assert.match(await all(at('test_stream').write('Say hello. [[split]]')), /^Grüezi 👋, /);
});

test('a stream that breaks off', async () => {
  await assert.rejects(all(at('test_a_stream_that_breaks_off').write('Write a long poem. [[cut]]')), TypeError);
});

test('too fast, then answered', async () => {
  const api = at('test_too_fast');
  await assert.rejects(api.ask('Too fast? [[429]]'), { status: 429 });
  assert.match((await api.ask('Too fast? [[429]]')).text, /^Grüezi/);
});
