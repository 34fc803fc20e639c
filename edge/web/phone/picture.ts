/** A picture as the unit takes it: no side longer than a screen needs, as JPEG, within its bytes. */

/** Pixels of the longer side: a name plate can be read, and a poor connection carries it in seconds. */
const SIDE_MAX = 1_600;
const QUALITIES = [0.82, 0.6, 0.4] as const;

/** The file itself where the browser can't draw it: the unit says what it thinks of it. */
export async function shrink(file: File, bytesMax: number): Promise<Blob> {
  const drawn = await createImageBitmap(file).catch(() => null);
  if (drawn === null) return file;
  const scale = Math.min(1, SIDE_MAX / Math.max(drawn.width, drawn.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(drawn.width * scale));
  canvas.height = Math.max(1, Math.round(drawn.height * scale));
  canvas.getContext("2d")?.drawImage(drawn, 0, 0, canvas.width, canvas.height);
  drawn.close();
  for (const quality of QUALITIES) {
    const picture = await new Promise<Blob | null>((done) => canvas.toBlob(done, "image/jpeg", quality));
    if (picture !== null && picture.size <= bytesMax) return picture;
  }
  return file;
}
