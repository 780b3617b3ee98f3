// Times the reference implementation on the expressions bench_jsonata.c times.
//
//     npm i jsonata@2.0.6 && node bench_jsonata.mjs bench-exprs.json [milliseconds per measurement]
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const jsonata = createRequire(process.cwd() + '/')('jsonata');
const file = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const budget = Number(process.argv[3] ?? 300);

async function time(run, ms) {
    for (let i = 0; i < 500; i++) await run();
    let n = 0;
    const begin = performance.now();
    let elapsed;
    do {
        for (let i = 0; i < 100; i++, n++) await run();
        elapsed = performance.now() - begin;
    } while (elapsed < ms);
    return (elapsed * 1000) / n;
}

console.log('expression'.padEnd(12), 'evaluate us'.padStart(12), 'parse us'.padStart(12));
for (const { id, expr, result } of file.expressions) {
    const compiled = jsonata(expr);
    const variables = { states: file.states };
    const got = await compiled.evaluate(undefined, variables);
    if (JSON.stringify(got) !== JSON.stringify(result)) console.error(`${id}: other result`);
    const evaluate = await time(() => compiled.evaluate(undefined, variables), budget);
    const parse = await time(() => jsonata(expr), budget / 3);
    console.log(id.padEnd(12), evaluate.toFixed(3).padStart(12), parse.toFixed(3).padStart(12));
}
