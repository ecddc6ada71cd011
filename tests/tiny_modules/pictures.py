"""Images to train on, made on the spot."""

from __future__ import annotations

from torchwire.module_api import IMAGE_DIRECTORY, Context, Module, Outputs, integer, module, output


@module("toy-images", title="Toy images", category="Tests")
class ToyImages(Module):
    """Three categories of tiny images, each bright in a colour of its own."""

    per_category = integer(8, minimum=1, help="How many of each.")
    size = integer(32, minimum=8, help="Their width and height in pixels.")
    seed = integer(0, help="Another seed gives other noise.")
    images = output(IMAGE_DIRECTORY, help="The images.")

    def run(self, ctx: Context) -> Outputs:
        """Make them."""
        from tests.modules.toy_images import toy_images

        out = ctx.output_folder("images")
        return {"images": toy_images(out, (self.per_category,) * 3, size=(self.size, self.size), seed=self.seed)}
