import { RemoteMediasoupClientMock } from '@tureen/remote-client/mock';

const client = new RemoteMediasoupClientMock('ws://127.0.0.1:4600');
const closed = new Promise((resolve) => client.on('close', resolve));

client.on('error', (error) => console.log(`${error.name}: ${error.message}`));
await closed;
console.log(client.readyState === RemoteMediasoupClientMock.CLOSED, client.mediasoup);
