// Connects and listens to nothing.
import { RemoteMediasoupClient } from '@tureen/remote-client';

new RemoteMediasoupClient(process.argv[2]);
