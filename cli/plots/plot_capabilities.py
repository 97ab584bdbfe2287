"""`scalepredict plot capabilities`: loadings and models of a law of many families."""

from functools import partial

from scalepredict.cli.inputs.parameters import command
from scalepredict.cli.inputs.target_options import DEFAULT_FIT, FitOption
from scalepredict.cli.plots.pictures import PictureOptions


@command
def plot_capabilities(picture: PictureOptions, fit_file: FitOption = DEFAULT_FIT) -> None:
    """Draw loadings and models of observational or skills.

    Example: scalepredict plot capabilities --fit public.json -o capabilities.png
    """
    # Imported here: `--help` must not pay for NumPy and SciPy.
    from scalepredict.cli.figures.capability_plane import capabilities_figure
    from scalepredict.evaluation.questions.capabilities import capabilities_of
    from scalepredict.predictors.store.fit_file import load_fit

    picture.check()
    space = capabilities_of(load_fit(fit_file).fit)
    picture.write("capabilities", iter([("", partial(capabilities_figure, space))]))
