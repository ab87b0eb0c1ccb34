// Makes the calls with Node's fetch: `node with_node.mjs CALLS BASE_URL`; prints each one's name and status.
import fs from 'node:fs';
const [, , file, base] = process.argv;
for (const [name, call] of Object.entries(JSON.parse(fs.readFileSync(file, 'utf8')))) {
  const url = new URL(base + call.path);
  for (const [key, value] of Object.entries(call.query ?? {})) url.searchParams.append(key, value);
  const sent = { method: call.method, headers: { 'X-API-Key': 'ak_test_key' } };
  if (call.json) {
    sent.headers['Content-Type'] = 'application/json';
    sent.body = JSON.stringify(call.json);
  }
  if (call.form) sent.body = new URLSearchParams(call.form);
  if (call.upload) {
    sent.body = new FormData();
    const blob = new Blob([call.upload.content], { type: call.upload.type });
    sent.body.append(call.upload.field, blob, call.upload.filename);
  }
  const response = await fetch(url, sent);
  await response.arrayBuffer();
  console.log(name, response.status);
}
