/** Bytes that Node takes for a thing of its kind, besides what is in it. */
const ofNumber = 12;
const ofString = 24;
const ofArray = 32;
const ofObject = 64;
const ofProperty = 24;
const ofBuffer = 120;
const ofCharacter = 2;

/**
 * Estimates the memory that a decoded value takes, in bytes: rather too much than too little, since
 * a value of many small parts takes far more than the message it came in.
 */
export function sizeOf(value: unknown): number {
  switch (typeof value) {
    case 'string':
      return ofString + value.length * ofCharacter;
    case 'object':
      return value === null ? ofNumber : sizeOfObject(value);
    default:
      return ofNumber;
  }
}

function sizeOfObject(value: object): number {
  if (Array.isArray(value)) {
    let sum = ofArray;

    for (const item of value as unknown[]) {
      sum += sizeOf(item);
    }

    return sum;
  }
  if (Buffer.isBuffer(value)) {
    return ofBuffer + value.length;
  }

  let sum = ofObject;

  for (const key in value) {
    sum += ofProperty + key.length * ofCharacter + sizeOf((value as Record<string, unknown>)[key]);
  }

  return sum;
}
