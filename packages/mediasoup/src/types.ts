/* mediasoup's types are declarations only: at run time there is nothing here. */
export {};
