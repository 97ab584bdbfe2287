"""The default: hierarchical curves and local lines, weighted by how they forecast the ladder."""
