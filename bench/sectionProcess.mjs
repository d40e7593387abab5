// One section in a process of its own: `node sectionProcess.mjs NAME OPTIONS`, result over IPC.
const [name, options] = process.argv.slice(2);
const { run } = await import(`./sections/${name}.mjs`);

// mediasoup listens to these itself, after which Node does not end by them.
for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, () => process.exit(1));
process.once('disconnect', () => process.exit(1));

const result = await run(JSON.parse(options));
process.send(result, () => process.exit(0));
