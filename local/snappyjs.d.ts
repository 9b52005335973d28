declare module "snappyjs" {
  const snappy: {
    /** @throws if the result is longer than `limit` bytes, or the input is not a Snappy block */
    uncompress(bytes: Uint8Array, limit?: number): Uint8Array;
    compress(bytes: Uint8Array): Uint8Array;
  };
  export default snappy;
}
