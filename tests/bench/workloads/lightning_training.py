"""The same by Lightning's Trainer with its defaults: `lightning_training.py FOLDER MODEL EPOCHS BATCH`."""

import json
import logging
import sys
import tempfile
import time
import warnings

import lightning
import torch
from plain_training import NORMALIZE, STEPS
from torch.nn import functional
from torch.utils.data import DataLoader
from torchvision import datasets, models, transforms


class Classifier(lightning.LightningModule):
    """A classifier that notes when its epochs begin and end."""

    def __init__(self, name, classes):
        super().__init__()
        self.network = models.get_model(name, weights=None, num_classes=classes)
        self.rates = []

    def training_step(self, batch, _number):
        images, labels = batch
        self.seen += len(images)
        return functional.cross_entropy(self.network(images), labels)

    def on_train_epoch_start(self):
        self.begun, self.seen = time.perf_counter(), 0

    def on_train_epoch_end(self):
        self.rates.append(self.seen / (time.perf_counter() - self.begun))

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.01, momentum=0.9)


def main(folder, name, epochs, batch):
    """Train, and print the rates."""
    warnings.simplefilter("ignore")
    logging.getLogger("lightning").setLevel(logging.ERROR)
    data = datasets.ImageFolder(folder, transforms.Compose([*STEPS, NORMALIZE]))
    classifier = Classifier(name, len(data.classes))
    with tempfile.TemporaryDirectory() as place:
        trainer = lightning.Trainer(max_epochs=epochs, default_root_dir=place, enable_progress_bar=False)
        trainer.fit(classifier, DataLoader(data, batch_size=batch, shuffle=True))
    print(json.dumps({"rates": classifier.rates}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
