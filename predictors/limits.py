"""Where does trust end? Bounds that several methods share, each with its reason.

Bounds of one method alone stay in its file.
"""

# A score of exactly 0 or 1 is not free of noise, and has no logit.
SCORE_CLIP = (0.02, 0.98)
# Scales of one recipe for a curve: two parameters, and one to contradict them.
FEWEST_MODELS = 3
# Below it a fit works, but its own errors are hardly known.
FEW_MODELS = 5
# FLOPs of a target over the largest evidence: no forecast farther out was ever compared with a
# measurement.
MAX_FACTOR = 300.0
# A score this far above chance can no longer be a guesser's.
MEASURABLE = 0.05
