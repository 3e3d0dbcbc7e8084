"""Images: resizing, cropping, colours, boxes, quality, augmentation, file formats."""
