/* brief_vision.h - what the model is told of the methods of images. */
#ifndef RATCHET_RUNNER_BRIEF_BRIEF_VISION_H
#define RATCHET_RUNNER_BRIEF_BRIEF_VISION_H

extern const char brief_vision[];

#endif
