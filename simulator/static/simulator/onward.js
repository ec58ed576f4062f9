// A page on the way that sends itself. Without scripts its button does.
document.querySelector("form[data-onward]").requestSubmit();
