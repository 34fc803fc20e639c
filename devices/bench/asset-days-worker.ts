/** A process of `bench asset-days`: pieces in, lives out. It ends when whoever started it lets go. */
import { doPiece, type Piece } from "./asset-days-work.ts";

process.on("message", (piece: Piece) => {
  void doPiece(piece).then((done) => process.send?.(done));
});
