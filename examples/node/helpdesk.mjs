// The help desk in JavaScript: what the API offers, an answer, an answer as it is being written. Built-in fetch, nothing else.

export const MODEL = 'gpt-4o';

/** A client of the API at `url`. */
export function desk(url = process.env.AITRONOS_API_URL ?? 'https://api.aitronos.com', key = process.env.AITRONOS_API_KEY ?? '') {
  const headers = { 'x-api-key': key, 'content-type': 'application/json' };
  const asked = (text, more = {}) => ({ inputs: [{ role: 'user', content: text }], model: MODEL, ...more });

  async function call(path, body) {
    const answer = await fetch(url + path, body ? { method: 'POST', headers, body: JSON.stringify(body) } : { headers });
    if (!answer.ok) throw new Refused(answer.status, (await answer.json()).error);
    return answer;
  }

  return {
    async models() {
      return (await (await call('/v1/models')).json()).models.map((model) => model.key);
    },

    async ask(text) {
      const answer = await (await call('/v1/model/response', asked(text))).json();
      return { text: answer.response.map((part) => part.text ?? '').join(''), thread: answer.thread_id };
    },

    /** The answer, a few words at a time. */
    async *write(text) {
      const answer = await call('/v1/model/response', asked(text, { stream: true }));
      let rest = '';
      for await (const part of answer.body.pipeThrough(new TextDecoderStream())) {
        const lines = (rest + part).split('\n');
        rest = lines.pop();
        for (const line of lines) {
          if (line.startsWith('data: {')) yield JSON.parse(line.slice(6)).delta ?? '';
        }
      }
    },
  };
}

/** The API's own error: its status and its code. */
export class Refused extends Error {
  constructor(status, error) {
    super(`${status} ${error.code}: ${error.message}`);
    this.status = status;
    this.code = error.code;
  }
}
