import type { types } from 'mediasoup';
import { onTestFinished } from 'vitest';
import {
  IceCandidate,
  RTCDataChannel,
  RTCDataChannelParameters,
  RTCDtlsParameters,
  RTCDtlsTransport,
  RTCIceGatherer,
  RTCIceParameters,
  RTCIceTransport,
  RTCSctpTransport,
} from 'werift';

/** The port that both ends of a data channel association use in WebRTC. */
const SCTP_PORT = 5000;
const AES_128_CM_HMAC_SHA1_80 = 0x0001;

/** A WebRTC endpoint without SDP: real ICE, DTLS, SRTP and SCTP, on loopback. */
export class WebRtcEndpoint {
  readonly ice: RTCIceTransport;
  readonly dtls: RTCDtlsTransport;
  readonly sctp = new RTCSctpTransport(SCTP_PORT);

  private constructor(certificate: RTCDtlsTransport['localCertificate']) {
    const gatherer = new RTCIceGatherer({
      useIpv4: false,
      useIpv6: false,
      additionalHostAddresses: ['127.0.0.1'],
    });

    this.ice = new RTCIceTransport(gatherer);
    this.ice.connection.iceControlling = true;
    this.dtls = new RTCDtlsTransport({}, this.ice, certificate, [AES_128_CM_HMAC_SHA1_80]);
    this.dtls.role = 'client';
    this.sctp.setDtlsTransport(this.dtls);
  }

  /** Makes one that is stopped when the test is over. */
  static async create(): Promise<WebRtcEndpoint> {
    const endpoint = new WebRtcEndpoint(await RTCDtlsTransport.SetupCertificate());

    onTestFinished(() => endpoint.stop());

    return endpoint;
  }

  get dtlsParameters(): types.DtlsParameters {
    const fingerprints = this.dtls.localParameters.fingerprints.map(
      ({ algorithm, value }) => ({ algorithm, value }) as types.DtlsFingerprint,
    );

    return { role: 'client', fingerprints };
  }

  /** ICE until a pair of addresses works. */
  async connectIce(transport: types.WebRtcTransport): Promise<void> {
    await this.ice.gather();
    this.ice.setRemoteParams(new RTCIceParameters({ ...transport.iceParameters, iceLite: true }));
    for (const candidate of transport.iceCandidates) {
      await this.ice.addRemoteCandidate(
        new IceCandidate(
          1,
          candidate.foundation,
          candidate.address,
          candidate.port,
          candidate.priority,
          candidate.protocol,
          candidate.type,
        ),
      );
    }
    await this.ice.addRemoteCandidate(undefined);
    await this.ice.start();
  }

  /** The DTLS handshake, once the transport was told about this endpoint with `connect()`. */
  async connectDtls(transport: types.WebRtcTransport): Promise<void> {
    this.dtls.setRemoteParams(
      new RTCDtlsParameters(transport.dtlsParameters.fingerprints, 'server'),
    );
    await this.dtls.start();
  }

  /** ICE, DTLS and, if the transport has it, SCTP. */
  async connect(transport: types.WebRtcTransport): Promise<void> {
    await transport.connect({ dtlsParameters: this.dtlsParameters });
    await this.connectIce(transport);
    await this.connectDtls(transport);
    if (transport.sctpParameters) await this.sctp.start(SCTP_PORT);
  }

  /** One end of a data channel that both ends know of without telling each other. */
  dataChannel({ streamId, ordered }: types.SctpStreamParameters): RTCDataChannel {
    return new RTCDataChannel(
      this.sctp,
      new RTCDataChannelParameters({ id: streamId, ordered, negotiated: true }),
    );
  }

  async stop(): Promise<void> {
    await this.sctp.stop();
    await this.dtls.stop();
  }
}
