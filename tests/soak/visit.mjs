// People who look into the rooms of a soak for a moment.

const listenInfos = [{ protocol: 'udp', ip: '127.0.0.1' }];
const audio = {
  kind: 'audio',
  rtpParameters: {
    codecs: [{ mimeType: 'audio/opus', clockRate: 48000, channels: 2, payloadType: 111 }],
  },
};

/**
 * Somebody comes into a room, takes what there is, says something that is heard, and goes. Where
 * each transport is on another worker, that makes a few pipes, and takes them down again from
 * either end.
 *
 * @param number - Of the visit: every other one is as browsers do it.
 */
export async function visit({ router, direct, producers, chat }, number) {
  const { rtpCapabilities } = router;
  const transport =
    number % 2
      ? await router.createDirectTransport()
      : await router.createWebRtcTransport({ listenInfos, enableSctp: true });

  try {
    const [spoken, heard] = await Promise.all([
      transport.produce(withSsrc(number)),
      ...producers.map(({ id }) => transport.consume({ producerId: id, rtpCapabilities })),
      transport.consumeData({ dataProducerId: chat.id }),
    ]);

    await direct.consume({ producerId: spoken.id, rtpCapabilities });
    await Promise.all([spoken.pause(), heard.pause()]);
    await Promise.all([spoken.resume(), heard.resume()]);
  } finally {
    transport.close();
  }
}

function withSsrc(ssrc) {
  const { kind, rtpParameters } = audio;

  return { kind, rtpParameters: { ...rtpParameters, encodings: [{ ssrc }] } };
}
